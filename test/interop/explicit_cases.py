# The generated gRPC stubs without a client library: tensors in the typed fields of the message instead of raw bytes.
import grpc
import numpy as np
from tritonclient import utils
from tritonclient.grpc import service_pb2, service_pb2_grpc

from cases import case, expect, expect_equal


def ask(context, model, datatype, field, texts=False):
    """0 to 15 and sixteen ones in the field `contents.<field>`; gives the answer."""
    message = service_pb2.ModelInferRequest(model_name=model)
    for name, values in (("INPUT0", range(16)), ("INPUT1", [1] * 16)):
        tensor = message.inputs.add(name=name, datatype=datatype, shape=[1, 16])
        getattr(tensor.contents, field).extend(str(value).encode() if texts else value for value in values)
    for name in ("OUTPUT0", "OUTPUT1"):
        message.outputs.add(name=name)
    with grpc.insecure_channel(context.url) as channel:
        return service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer(message, timeout=20)


def expect_raw(response, dtype):
    expect_equal([output.name for output in response.outputs], ["OUTPUT0", "OUTPUT1"], "outputs")
    expect_equal(len(response.raw_output_contents), 2, "raw_output_contents")
    for place, wanted in enumerate((np.arange(16) + 1, np.arange(16) - 1)):
        got = np.frombuffer(response.raw_output_contents[place], dtype=dtype)
        expect_equal(got.astype(np.int64), wanted, f"output {place}")


@case("explicit contents: INT32", ["grpc"])
def explicit_int(context):
    expect_raw(ask(context, "simple", "INT32", "int_contents"), np.int32)


@case("explicit contents: INT8 travels as int_contents", ["grpc"])
def explicit_int8(context):
    expect_raw(ask(context, "simple_int8", "INT8", "int_contents"), np.int8)


@case("explicit contents: BYTES", ["grpc"])
def explicit_bytes(context):
    response = ask(context, "simple_string", "BYTES", "bytes_contents", texts=True)
    for place, wanted in enumerate((np.arange(16) + 1, np.arange(16) - 1)):
        got = utils.deserialize_bytes_tensor(response.raw_output_contents[place])
        expect_equal(got.astype(np.int64), wanted, f"output {place}")


@case("explicit contents: beside raw ones they are refused", ["grpc"])
def explicit_both(context):
    message = service_pb2.ModelInferRequest(model_name="simple")
    for name in ("INPUT0", "INPUT1"):
        message.inputs.add(name=name, datatype="INT32", shape=[1, 16]).contents.int_contents.extend(range(16))
        message.raw_input_contents.append(np.arange(16, dtype=np.int32).tobytes())
    with grpc.insecure_channel(context.url) as channel:
        try:
            service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer(message, timeout=20)
        except grpc.RpcError as error:
            expect(error.code() == grpc.StatusCode.INVALID_ARGUMENT, f"wanted INVALID_ARGUMENT, got {error.code()}")
            expect("contents field must not be specified when using raw_input_contents" in error.details(), error.details())
            return
    raise AssertionError("both were taken")
