#!/usr/bin/python3
"""cal [MONTH] [YEAR]: a plugin in Python without an SDK. It needs Debian's python3-grpcio, and plugin_pb2.py beside it."""
import calendar, concurrent.futures, datetime, grpc, os, sys, threading
import plugin_pb2 as pb

def describe(request, context):
    args = [pb.Arg(name=n, type=pb.TYPE_INT, optional=True, min=1, max=most) for n, most in (("month", 12), ("year", 9999))]
    return pb.Manifest(name="cal", version="1.0.0", commands=[pb.Command(name="cal", summary="show a month", args=args)])

def run(messages, context):
    start = next(messages).start
    given = {name: int(value.words[0]) for name, value in start.values.items()}
    today = datetime.datetime.fromtimestamp(start.unix_ms / 1000)
    yield pb.RunOut(out=calendar.month(given.get("year", today.year), given.get("month", today.month)))
    yield pb.RunOut(exit=pb.Exit())

def serve(service, **methods):
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, methods)])

if os.environ.get("CHATROOM_PLUGIN") != "c7a1f0c6-6d1e-4c7f-9a55-5f4e0b0f9d1e":
    sys.exit("cal is a plugin of a chatroom server, which starts it.")
server = grpc.server(concurrent.futures.ThreadPoolExecutor(16))
serve("chatroom.plugin.v1.Plugin",
      Describe=grpc.unary_unary_rpc_method_handler(describe, pb.DescribeRequest.FromString, pb.Manifest.SerializeToString),
      Run=grpc.stream_stream_rpc_method_handler(run, pb.RunIn.FromString, pb.RunOut.SerializeToString))
serve("grpc.health.v1.Health", Check=grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08\x01"))  # SERVING
serve("plugin.GRPCController", Shutdown=grpc.unary_unary_rpc_method_handler(lambda request, context: threading.Timer(0.1, os._exit, [0]).start() or b""))
path = os.environ["PLUGIN_UNIX_SOCKET_DIR"] + "/cal"
server.add_insecure_port("unix:" + path)
server.start()
print(f"1|1|unix|{path}|grpc", flush=True)
sys.stdin.read()  # ends with the server
