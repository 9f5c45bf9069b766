"""scripted_milter.py: a milter that answers as it is told and keeps every packet it was sent, so that what two mail
servers make of one milter can be held against each other. It knows the framing of the protocol and no more."""
import pathlib
import socket
import struct
import threading

# Commands, by the stage a script speaks of; D (macros), A and Q are never answered.
STAGES = {"connect": "C", "helo": "H", "mail": "M", "rcpt": "R", "data": "T", "unknown": "U", "header": "L",
          "end_of_headers": "N", "body": "B", "end_of_message": "E"}
SILENT = "DAQK"
ACTIONS = 0x1FF


def packet(command, data=b""):
    return struct.pack(">IB", len(data) + 1, ord(command)) + data


def strings(*values):
    return b"".join(value.encode() + b"\0" for value in values)


def numbered(number, *values):
    return struct.pack(">I", number) + strings(*values)


class Connection:
    """What one mail server said on one connection: (command, data) in order, macros and our answers among them."""

    def __init__(self):
        self.packets = []
        self.ended = False

    def commands(self):
        """Without macros and what ends the connection; without ABORTs of what the milter itself has ended, or of
        nothing, which mail servers send as they like."""
        inside = False
        found = []
        for command, data in self.packets:
            if command in "DOQ":
                continue
            if command == "=":  # an answer
                inside = inside and data in (b"c", b"s", b"p")
                continue
            if command != "A" or inside:
                found.append((command, data))
            inside = command not in "AE" and (inside or command == "M")
        return found

    def macros(self, stage):
        """The last macros that were sent for a stage, by name."""
        found = [data for command, data in self.packets if command == "D" and data[:1] == STAGES[stage].encode()]
        words = found[-1][1:].split(b"\0")[:-1] if found else []
        return {words[i].decode().strip("{}"): words[i + 1].decode() for i in range(0, len(words), 2)}


class ScriptedMilter:
    """answers: by stage a list of packets that take the place of CONTINUE, or a list of such lists, one for each time
    the stage comes; the last counts on. None in their place: no answer, and the connection ends."""

    def __init__(self, path, actions=ACTIONS, protocol=0, version=6):
        self.path = pathlib.Path(path)
        self.negotiated = (version, actions, protocol)
        self.answers = {}
        self.connections = []
        self.lock = threading.Condition()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.path.chmod(0o777)
        self.listener.listen(50)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"unix:{self.path}"

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        self.path.unlink(missing_ok=True)

    def script(self, **answers):
        """What is answered from the next connection on."""
        with self.lock:
            self.answers = answers
            self.connections = []

    def heard(self, count=1, seconds=10):
        """So many connections, all ended."""
        with self.lock:
            if not self.lock.wait_for(lambda: sum(c.ended for c in self.connections) >= count, seconds):
                raise AssertionError(f"{[(c.ended, c.packets) for c in self.connections]}")
            return list(self.connections)

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            connection = Connection()
            with self.lock:
                self.connections.append(connection)
                answers = dict(self.answers)
            threading.Thread(target=self.converse, args=(peer, connection, answers), daemon=True).start()

    def converse(self, peer, connection, answers):
        counts = {}
        with peer, peer.makefile("rb") as octets:
            try:
                while self.exchange(peer, octets, connection, answers, counts):
                    pass
            except OSError:
                pass
        with self.lock:
            connection.ended = True
            self.lock.notify_all()

    def exchange(self, peer, octets, connection, answers, counts):
        """One packet and its answer; False at the end."""
        head = octets.read(5)
        if len(head) < 5:
            return False
        length, command = struct.unpack(">Ic", head)
        command = command.decode("latin-1")
        data = octets.read(length - 1)
        connection.packets.append((command, data))
        if command == "O":
            offered = struct.unpack(">III", data[:12])
            version, actions, protocol = self.negotiated
            peer.sendall(packet("O", struct.pack(">III", min(version, offered[0]), actions & offered[1],
                                                 protocol & offered[2])))
            return True
        if command in SILENT:
            return command != "Q"
        stage = next(name for name, letter in STAGES.items() if letter == command)
        answer = answers.get(stage, [packet("c")])
        if answer and isinstance(answer[0], list):
            answer = answer[min(counts.get(stage, 0), len(answer) - 1)]
        counts[stage] = counts.get(stage, 0) + 1
        if answer is None or None in answer:
            return False
        connection.packets.append(("=", answer[-1][4:5]))
        peer.sendall(b"".join(answer))
        return True
