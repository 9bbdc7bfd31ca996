# One request, one answer: the datatypes, the ways tensors travel, compression, and what clients may ask for besides.
import numpy as np

from cases import case, expect, expect_equal, expect_failure, expect_sum_and_difference, two_vectors


def inputs_of(context, first, second, datatype="INT32", **options):
    return [context.tensor("INPUT0", first, datatype, **options), context.tensor("INPUT1", second, datatype, **options)]


@case("infer: both outputs asked for")
def infer(context):
    first, second = two_vectors()
    with context.client() as client:
        outputs = [context.output("OUTPUT0"), context.output("OUTPUT1")]
        result = client.infer("simple", inputs_of(context, first, second), outputs=outputs, request_id="1")
        expect_sum_and_difference(result, first, second)
        response = result.get_response()
        expect_equal(response["id"] if isinstance(response, dict) else response.id, "1", "id")


@case("infer: no output named gives all")
def infer_all(context):
    first, second = two_vectors()
    with context.client() as client:
        expect_sum_and_difference(client.infer("simple", inputs_of(context, first, second)), first, second)


@case("infer: one output named gives one")
def infer_one(context):
    first, second = two_vectors()
    with context.client() as client:
        outputs = [context.output("OUTPUT1")]
        result = client.infer("simple", inputs_of(context, first, second), outputs=outputs, model_version="1")
        expect_equal(result.as_numpy("OUTPUT1"), first - second, "OUTPUT1")
        expect(result.as_numpy("OUTPUT0") is None, "OUTPUT0 came without being asked for")


@case("infer: a batch of eight, and nine refused")
def infer_batch(context):
    first = np.arange(8 * 16, dtype=np.int32).reshape(8, 16)
    with context.client() as client:
        expect_sum_and_difference(client.infer("simple", inputs_of(context, first, first)), first, first)
        nine = np.zeros((9, 16), dtype=np.int32)
        expect_failure(lambda: client.infer("simple", inputs_of(context, nine, nine)), "batch-size must be <= 8")


@case("infer: INT8")
def infer_int8(context):
    first, second = two_vectors(np.int8)
    with context.client() as client:
        expect_sum_and_difference(client.infer("simple_int8", inputs_of(context, first, second, "INT8")), first, second)


@case("infer: JSON both ways, and mixed", ["http"])
def infer_json(context):
    first, second = two_vectors()
    with context.client() as client:
        for binary_in in (True, False):
            for binary_out in (True, False):
                inputs = [
                    context.tensor("INPUT0", first, "INT32", binary_data=binary_in),
                    context.tensor("INPUT1", second, "INT32", binary_data=not binary_in),
                ]
                outputs = [
                    context.output("OUTPUT0", binary_data=binary_out),
                    context.output("OUTPUT1", binary_data=not binary_out),
                ]
                expect_sum_and_difference(client.infer("simple", inputs, outputs=outputs), first, second)


@case("infer: gzip and deflate")
def infer_compressed(context):
    first, second = two_vectors()
    with context.client() as client:
        for algorithm in ("gzip", "deflate"):
            if context.protocol == "http":
                options = {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
            else:
                options = {"compression_algorithm": algorithm}
            expect_sum_and_difference(client.infer("simple", inputs_of(context, first, second), **options), first, second)


@case("infer: headers, query, timeout, priority and parameters")
def infer_terms(context):
    first, second = two_vectors()
    with context.client() as client:
        options = {"query_params": {"test_1": 1, "test_2": 2}} if context.protocol == "http" else {"client_timeout": 10}
        result = client.infer(
            "simple",
            inputs_of(context, first, second),
            headers={"test": "1"},
            timeout=1_000_000,
            priority=1,
            parameters={"text": "x", "whole": 7, "truth": True},
            **options,
        )
        expect_sum_and_difference(result, first, second)


@case("string: decimal texts")
def string(context):
    first, second = two_vectors()
    texts = [np.array([[str(value).encode() for value in row] for row in each], dtype=np.object_) for each in (first, second)]
    with context.client() as client:
        result = client.infer("simple_string", inputs_of(context, *texts, "BYTES"))
        for name, wanted in (("OUTPUT0", first + second), ("OUTPUT1", first - second)):
            expect_equal(result.as_numpy(name).astype(np.int32), wanted, name)


def identity(context, values, **options):
    with context.client() as client:
        outputs = [context.output("OUTPUT0", **options)]
        result = client.infer("simple_identity", [context.tensor("INPUT0", values, "BYTES", **options)], outputs=outputs)
        return [each if isinstance(each, bytes) else each.encode() for each in result.as_numpy("OUTPUT0").flatten()]


@case("string: texts beyond ASCII, any length")
def string_identity(context):
    words = ["", "räksmörgås", "数値計算", "x" * 1000]
    values = np.array([[word.encode() for word in words]], dtype=np.object_)
    expect_equal(identity(context, values), [word.encode() for word in words], "OUTPUT0")


@case("string: a zero character inside")
def string_zero(context):
    values = np.array([[b"he\x00llo"] * 16], dtype=np.object_)
    expect_equal(identity(context, values), [b"he\x00llo"] * 16, "OUTPUT0")


@case("string: a zero character inside, as JSON", ["http"])
def string_zero_json(context):
    values = np.array([[b"he\x00llo"] * 16], dtype=np.object_)
    expect_equal(identity(context, values, binary_data=False), [b"he\x00llo"] * 16, "OUTPUT0")


@case("string: four-byte blobs")
def string_blobs(context):
    values = np.array([[b"\x00\x01\x02\x03"] * 16], dtype=np.object_)
    expect_equal(identity(context, values), [b"\x00\x01\x02\x03"] * 16, "OUTPUT0")


@case("classification: the three best of sixteen")
def classification(context):
    first, second = two_vectors()
    with context.client() as client:
        result = client.infer(
            "simple", inputs_of(context, first, second), outputs=[context.output("OUTPUT0", class_count=3)]
        )
        best = [each.decode().split(":") for each in result.as_numpy("OUTPUT0").flatten()]
        expect_equal([int(each[1]) for each in best], [15, 14, 13], "classes")
        expect_equal([float(each[0]) for each in best], [16.0, 15.0, 14.0], "values")


@case("reuse: the same input and output objects for many requests")
def reuse(context):
    first, second = two_vectors()
    inputs = inputs_of(context, first, second)
    outputs = [context.output("OUTPUT0"), context.output("OUTPUT1")]
    with context.client() as client:
        for factor in (1, 2, 3):
            inputs[1].set_data_from_numpy(second * factor)
            expect_sum_and_difference(client.infer("simple", inputs, outputs=outputs), first, second * factor)


@case("refusals: wrong names, shapes and datatypes, in Triton's words")
def refusals(context):
    first, second = two_vectors()
    with context.client() as client:
        one = [context.tensor("INPUT0", first, "INT32")]
        expect_failure(lambda: client.infer("simple", one), "expected 2 inputs but got 1 inputs for model 'simple'")
        short = np.zeros((1, 15), dtype=np.int32)
        expect_failure(lambda: client.infer("simple", inputs_of(context, short, second)), "unexpected shape for input")
        floats = first.astype(np.float32)
        expect_failure(
            lambda: client.infer("simple", inputs_of(context, floats, floats, "FP32")),
            "data-type is 'FP32', but model 'simple' expects 'INT32'",
        )
        expect_failure(lambda: client.infer("nobody", one), "Request for unknown model: 'nobody' is not found")
