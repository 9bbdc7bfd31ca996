# The register of interoperability cases: each runs one published way of calling a server and checks the values that come back.
import sys
import time
import traceback

import numpy as np

CASES = []


class Skip(Exception):
    """The server does not offer what the case needs; the reason is shown."""


def case(name, protocols=("http", "grpc")):
    """Registers a function of one argument, the Context, for each protocol."""

    def register(function):
        for protocol in protocols:
            CASES.append((f"{protocol} {name}", protocol, function))
        return function

    return register


class Context:
    """One protocol of one server, and the client library for it."""

    def __init__(self, protocol, urls):
        self.protocol = protocol
        self.url = urls[protocol]
        if protocol == "http":
            import tritonclient.http as library
        else:
            import tritonclient.grpc as library
        self.library = library

    def client(self, **options):
        if self.protocol == "http":
            options = {"network_timeout": 20.0, "connection_timeout": 10.0, **options}
        return self.library.InferenceServerClient(url=self.url, **options)

    def tensor(self, name, values, datatype, **options):
        tensor = self.library.InferInput(name, list(values.shape), datatype)
        tensor.set_data_from_numpy(values, **(options if self.protocol == "http" else {}))
        return tensor

    def output(self, name, **options):
        return self.library.InferRequestedOutput(name, **options)


def as_json(answer):
    """gRPC answers are messages; the cases read both protocols as dictionaries."""
    if isinstance(answer, (dict, list)):
        return answer
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def expect(condition, words):
    if not condition:
        raise AssertionError(words)


def expect_equal(got, wanted, what):
    if isinstance(wanted, np.ndarray):
        expect(got is not None and np.array_equal(got, wanted), f"{what}: wanted {wanted.tolist()}, got {got}")
    else:
        expect(got == wanted, f"{what}: wanted {wanted!r}, got {got!r}")


def expect_failure(call, words):
    """Runs `call`, which must fail with these words."""
    from tritonclient.utils import InferenceServerException

    try:
        call()
    except InferenceServerException as error:
        expect(words in str(error), f"an error with {words!r} was wanted, got {error}")
        return
    raise AssertionError(f"an error with {words!r} was wanted, and the call succeeded")


def two_vectors(dtype=np.int32):
    """0 to 15, and sixteen ones, each as a batch of one."""
    return np.arange(16, dtype=dtype).reshape(1, 16), np.ones((1, 16), dtype=dtype)


def expect_sum_and_difference(result, first, second):
    expect_equal(result.as_numpy("OUTPUT0"), first + second, "OUTPUT0")
    expect_equal(result.as_numpy("OUTPUT1"), first - second, "OUTPUT1")


def reachable(url):
    import socket

    host, port = url.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
        return True
    except OSError:
        return False


def run(urls, chosen):
    """Runs the cases one after another, a line each; returns how many failed."""
    failed = 0
    missing = {protocol for protocol, url in urls.items() if not url or not reachable(url)}
    for name, protocol, function in CASES:
        if chosen not in name:
            continue
        if protocol in missing:
            print(f"skipped {name}: nobody listens for {protocol}", flush=True)
            continue
        start = time.monotonic()
        try:
            function(Context(protocol, urls))
            print(f"ok      {name} ({(time.monotonic() - start) * 1000:.0f} ms)", flush=True)
        except Skip as reason:
            print(f"skipped {name}: {reason}", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {str(error)[:200]}", flush=True)
            if "--trace" in sys.argv:
                traceback.print_exc()
    return failed
