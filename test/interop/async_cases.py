# Many requests at once: the libraries' own pools, callbacks and cancellation, and their asyncio clients.
import asyncio
import queue

import numpy as np

from cases import as_json, case, expect, expect_equal, expect_sum_and_difference, two_vectors
from inference_cases import inputs_of
from sequence_cases import MINUS, PLUS, plain, request, terms


@case("async: twenty requests in flight", ["http"])
def http_async(context):
    first, second = two_vectors()
    with context.client(concurrency=4) as client:
        waiting = [client.async_infer("simple", inputs_of(context, first * k, second)) for k in range(20)]
        for k, each in enumerate(waiting):
            expect_sum_and_difference(each.get_result(), first * k, second)


@case("async: twenty requests in flight", ["grpc"])
def grpc_async(context):
    first, second = two_vectors()
    arrived = queue.Queue()
    with context.client() as client:
        for k in range(20):
            client.async_infer(
                "simple",
                inputs_of(context, first * k, second),
                callback=lambda result, error, k=k: arrived.put((k, result, error)),
            )
        for _ in range(20):
            k, result, error = arrived.get(timeout=20)
            if error is not None:
                raise error
            expect_sum_and_difference(result, first * k, second)


@case("async: a cancelled request ends as cancelled", ["grpc"])
def grpc_cancel(context):
    first, second = two_vectors()
    arrived = queue.Queue()
    with context.client() as client:
        call = client.async_infer(
            "simple", inputs_of(context, first, second), callback=lambda result, error: arrived.put(error)
        )
        call.cancel()
        error = arrived.get(timeout=20)
        # It may have been answered before the cancellation arrived.
        expect(error is None or "CANCELLED" in str(error).upper(), f"wanted cancelled, got {error}")
        expect_sum_and_difference(client.infer("simple", inputs_of(context, first, second)), first, second)


def aio_client(context):
    if context.protocol == "http":
        import tritonclient.http.aio as library
    else:
        import tritonclient.grpc.aio as library
    return library.InferenceServerClient(url=context.url)


@case("aio: health, metadata, inference, texts")
def aio(context):
    first, second = two_vectors()
    words = np.array([[b"one", b"two"]], dtype=np.object_)

    async def talk():
        async with aio_client(context) as client:
            expect(await client.is_server_live(), "the server is not live")
            expect(await client.is_model_ready("simple"), "simple is not ready")
            expect_equal(as_json(await client.get_model_metadata("simple"))["name"], "simple", "name")
            results = await asyncio.gather(
                *(client.infer("simple", inputs_of(context, first * k, second)) for k in range(10))
            )
            for k, result in enumerate(results):
                expect_sum_and_difference(result, first * k, second)
            echoed = await client.infer("simple_identity", [context.tensor("INPUT0", words, "BYTES")])
            expect_equal(echoed.as_numpy("OUTPUT0").tolist(), words.tolist(), "OUTPUT0")

    asyncio.run(asyncio.wait_for(talk(), 30))


@case("aio: sequences")
def aio_sequence(context):
    async def talk():
        async with aio_client(context) as client:
            for values, sequence_id in ((PLUS, 3000), (MINUS, 3001)):
                got = []
                for place, value in enumerate(values):
                    more = terms(values, place, sequence_id)
                    result = await client.infer("simple_sequence", **request(context, value), **more)
                    got.append(int(result.as_numpy("OUTPUT")[0][0]))
                expect_equal(got, plain(values), f"id {sequence_id}")

    asyncio.run(asyncio.wait_for(talk(), 30))


@case("aio: sequences over a stream", ["grpc"])
def aio_stream(context):
    async def requests():
        for values, sequence_id in ((PLUS, 4000), (MINUS, 4001)):
            for place, value in enumerate(values):
                more = terms(values, place, sequence_id)
                yield {"model_name": "simple_sequence", "request_id": str(sequence_id), **request(context, value), **more}

    async def talk():
        got = {"4000": [], "4001": []}
        async with aio_client(context) as client:
            async for result, error in client.stream_infer(inputs_iterator=requests(), stream_timeout=30):
                if error is not None:
                    raise error
                got[result.get_response().id].append(int(result.as_numpy("OUTPUT")[0][0]))
        expect_equal(got, {"4000": plain(PLUS), "4001": plain(MINUS)}, "the outputs")

    asyncio.run(asyncio.wait_for(talk(), 30))
