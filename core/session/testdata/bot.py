"""Answers ping in its room, and ends when somebody says or tells it quit."""
import json, socket, sys

host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with socket.create_connection((host, port)) as sock, sock.makefile("rwb") as chat:

    def send(line):
        chat.write(line.encode() + b"\r\n")
        chat.flush()

    send("set output json")
    for line in chat:  # the greeting is for people
        if b'"type":"hello"' in line:
            break
    send("login " + name)
    for line in chat:
        event = json.loads(line)
        if event["type"] == "result" and event["code"] != "ok":
            sys.exit(event["text"])
        if event["type"] in ("say", "private") and event["from"] != name:
            if event["text"] == "ping":
                send("/say pong")
            elif event["text"] == "quit":
                send("/quit")
