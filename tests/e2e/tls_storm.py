"""tls_storm.py PORT COUNT: so many clients at once begin a full handshake, each on a connection of its own, and leave;
prints how many succeeded. A program of its own, so that whoever measures meanwhile is not held up by it."""
import selectors
import socket
import ssl
import sys

HOST = "127.0.0.1"


def main(port, count):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connections = [socket.create_connection((HOST, port)) for _ in range(count)]
    selector = selectors.DefaultSelector()
    for connection in connections:
        connection.setblocking(False)
        client = context.wrap_socket(connection, do_handshake_on_connect=False)
        selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)
    done = 0
    while selector.get_map():
        ready = selector.select(20)
        if not ready:
            break
        for key, _ in ready:
            try:
                key.fileobj.do_handshake()
                done += not key.fileobj.session_reused
            except ssl.SSLWantReadError:
                selector.modify(key.fileobj, selectors.EVENT_READ)
                continue
            except ssl.SSLWantWriteError:
                continue
            except OSError as error:
                print(error, file=sys.stderr)
            selector.unregister(key.fileobj)
            key.fileobj.close()
    print(done)


main(*map(int, sys.argv[1:]))
