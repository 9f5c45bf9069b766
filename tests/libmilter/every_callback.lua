-- every_callback.lua: miltertest's side of a session with the scripted milter (miltertest.py starts it): every step, every
-- edit, a refused recipient with its own reply, a message that is aborted.
local function done(error_text, what)
    if error_text ~= nil then
        error(what .. ": " .. error_text)
    end
end

local function said(conn, reply, what)
    if mt.getreply(conn) ~= reply then
        error(what .. " was answered " .. mt.getreply(conn))
    end
end

local function step(conn, what, error_text, reply)
    done(error_text, what)
    said(conn, reply or SMFIR_CONTINUE, what)
end

local function message(conn)
    mt.macro(conn, SMFIC_MAIL, "i", "QUEUEID")
    step(conn, "MAIL", mt.mailfrom(conn, "<a@client.example>", "SIZE=100"))
    step(conn, "RCPT", mt.rcptto(conn, "<b@server.example>"))
    step(conn, "refused RCPT", mt.rcptto(conn, "<refused@server.example>"), SMFIR_REPLYCODE)
    step(conn, "DATA", mt.data(conn))
    step(conn, "field", mt.header(conn, "From", "a@client.example"))
    step(conn, "field", mt.header(conn, "Subject", "folded\n value"))
    step(conn, "end of headers", mt.eoh(conn))
    step(conn, "body", mt.bodystring(conn, "first\r\n"))
    step(conn, "body", mt.bodystring(conn, "second\r\n"))
    step(conn, "end of message", mt.eom(conn), SMFIR_ACCEPT)
end

local function edited(conn)
    local wanted = {
        {MT_HDRADD, "X-Added", "yes"},
        {MT_HDRINSERT, "X-Inserted", "on top"},
        {MT_HDRCHANGE, "Subject", "changed"},
        {MT_HDRDELETE, "From"},
        {MT_RCPTADD, "<c@server.example>"},
        {MT_RCPTDELETE, "<b@server.example>"},
        {MT_BODYCHANGE, "another\r\n"},
        {MT_QUARANTINE, "held"},
    }
    for number, check in ipairs(wanted) do
        if not mt.eom_check(conn, table.unpack(check)) then
            error("edit " .. number .. " is missing")
        end
    end
end

table.unpack = table.unpack or unpack
local conn = mt.connect(socket, 100, 0.1)
if conn == nil then
    error("nobody listens on " .. socket)
end
done(mt.negotiate(conn, nil, nil, nil), "negotiation")
for _, action in ipairs({SMFIF_ADDHDRS, SMFIF_CHGHDRS, SMFIF_CHGBODY, SMFIF_ADDRCPT, SMFIF_DELRCPT, SMFIF_QUARANTINE}) do
    if not mt.test_action(conn, action) then
        error("an action was not asked for")
    end
end
step(conn, "connection", mt.conninfo(conn, "client.example", "192.0.2.7"))
step(conn, "HELO", mt.helo(conn, "client.example"))
step(conn, "unknown command", mt.unknown(conn, "FROB"))
message(conn)
edited(conn)
step(conn, "second MAIL", mt.mailfrom(conn, "<again@client.example>"))
done(mt.abort(conn), "abort")
message(conn)
edited(conn)
mt.disconnect(conn)
mt.echo("every callback: done")
