# Sequences: two with numbers and one with a text as id, one request after another, and over a stream.
import queue
import uuid

import numpy as np

from cases import case, expect_equal

VALUES = [11, 7, 5, 3, 2, 0, 1]
PLUS = [0] + VALUES
MINUS = [100] + [-value for value in VALUES]
TEXT = [20] + [-value for value in VALUES]


def request(context, value):
    tensor = context.tensor("INPUT", np.full((1, 1), value, dtype=np.int32), "INT32")
    return {"inputs": [tensor], "outputs": [context.output("OUTPUT")]}


def terms(values, place, sequence_id):
    return {"sequence_id": sequence_id, "sequence_start": place == 0, "sequence_end": place == len(values) - 1}


def send(context, client, model, values, sequence_id):
    results = []
    for place, value in enumerate(values):
        result = client.infer(model_name=model, **request(context, value), **terms(values, place, sequence_id))
        results.append(int(result.as_numpy("OUTPUT")[0][0]))
    return results


def plain(values):
    """simple_sequence adds one at the start."""
    return [values[0] + 1] + values[1:]


def dynamic(values, sequence_id):
    """simple_dyna_sequence also adds the id at the end."""
    return plain(values)[:-1] + [values[-1] + sequence_id]


def summed(values, sequence_id):
    """simple_string_dyna_sequence keeps a sum, and adds the id at the end."""
    sums = [int(value) for value in np.cumsum(values)]
    return sums[:-1] + [sums[-1] + int(sequence_id)]


@case("sequence: one request after another")
def sequence(context):
    with context.client() as client:
        for values, sequence_id in ((PLUS, 1000), (MINUS, 1001), (TEXT, str(uuid.uuid4()))):
            expect_equal(send(context, client, "simple_sequence", values, sequence_id), plain(values), f"id {sequence_id}")


@case("sequence: dynamic, with the id as a control tensor")
def dyna_sequence(context):
    with context.client() as client:
        for values, sequence_id in ((PLUS, 1000), (MINUS, 1001)):
            got = send(context, client, "simple_dyna_sequence", values, sequence_id)
            expect_equal(got, dynamic(values, sequence_id), f"id {sequence_id}")


@case("sequence: state kept by the server, with a text as id")
def string_sequence(context):
    with context.client() as client:
        got = send(context, client, "simple_string_dyna_sequence", TEXT, "1002")
        expect_equal(got, summed(TEXT, "1002"), "the sums")


@case("sequence: two interleaved do not mix")
def interleaved(context):
    with context.client() as client:
        got = {"7": [], "8": []}
        for place, value in enumerate(VALUES):
            for sequence_id, sign in (("7", 1), ("8", -1)):
                more = terms(VALUES, place, sequence_id)
                result = client.infer("simple_string_dyna_sequence", **request(context, sign * value), **more)
                got[sequence_id].append(int(result.as_numpy("OUTPUT")[0][0]))
        expect_equal(got["7"], summed(VALUES, "7"), "id 7")
        expect_equal(got["8"], summed([-value for value in VALUES], "8"), "id 8")


def stream(context, sequences):
    """Sends every sequence (model, values, id) over one stream at once; gives the outputs of each in order of arrival."""
    arrived = queue.Queue()
    with context.client() as client:
        client.start_stream(callback=lambda result, error: arrived.put((result, error)), stream_timeout=30)
        for number, (model, values, sequence_id) in enumerate(sequences):
            for place, value in enumerate(values):
                more = terms(values, place, sequence_id)
                client.async_stream_infer(model_name=model, request_id=f"{number}_{place}", **request(context, value), **more)
        got = [[] for _ in sequences]
        for _ in range(sum(len(values) for _, values, _ in sequences)):
            result, error = arrived.get(timeout=20)
            if error is not None:
                raise error
            got[int(result.get_response().id.split("_")[0])].append(int(result.as_numpy("OUTPUT")[0][0]))
        client.stop_stream()
    return got


@case("sequence: over a stream", ["grpc"])
def stream_sequence(context):
    all_values = (PLUS, MINUS, TEXT)
    ids = (1000, 1001, str(uuid.uuid4()))
    got = stream(context, [("simple_sequence", values, each) for values, each in zip(all_values, ids)])
    expect_equal(got, [plain(values) for values in all_values], "the outputs")


@case("sequence: dynamic, over a stream", ["grpc"])
def stream_dyna_sequence(context):
    sequences = [("simple_dyna_sequence", PLUS, 2000), ("simple_dyna_sequence", MINUS, 2001)]
    got = stream(context, sequences + [("simple_string_dyna_sequence", TEXT, "2002")])
    expect_equal(got, [dynamic(PLUS, 2000), dynamic(MINUS, 2001), summed(TEXT, "2002")], "the outputs")


@case("stream: a model without sequences", ["grpc"])
def stream_plain(context):
    arrived = queue.Queue()
    first = np.arange(16, dtype=np.int32).reshape(1, 16)
    with context.client() as client:
        client.start_stream(callback=lambda result, error: arrived.put((result, error)), stream_timeout=30)
        for factor in range(5):
            inputs = [context.tensor("INPUT0", first, "INT32"), context.tensor("INPUT1", first * factor, "INT32")]
            client.async_stream_infer("simple", inputs, request_id=str(factor))
        for _ in range(5):
            result, error = arrived.get(timeout=20)
            if error is not None:
                raise error
            factor = int(result.get_response().id)
            expect_equal(result.as_numpy("OUTPUT0"), first * (1 + factor), "OUTPUT0")
        client.stop_stream()
