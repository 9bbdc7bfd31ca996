# System shared memory: tensors that do not travel at all. Skipped where the server keeps it off, as Triton does by default.
import numpy as np
import tritonclient.utils.shared_memory as shm
from tritonclient import utils
from tritonclient.utils import InferenceServerException

from cases import Skip, as_json, case, expect, expect_equal, expect_failure


def cleared(client):
    """Forgets every region; skips where shared memory is off."""
    try:
        client.unregister_system_shared_memory()
    except InferenceServerException as error:
        words = str(error)
        if "disabled" in words or "Not Found" in words or "UNIMPLEMENTED" in words:
            raise Skip(f"the server says: {words[:120]}") from error
        raise


class Region:
    """A region of this process that the server has registered."""

    def __init__(self, client, name, size):
        self.client, self.name, self.key = client, name, f"/galerkin_{name}"
        self.handle = shm.create_shared_memory_region(name, self.key, size)
        client.register_system_shared_memory(name, self.key, size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.unregister_system_shared_memory(self.name)
        shm.destroy_shared_memory_region(self.handle)


def shared_input(context, name, datatype, shape, place):
    tensor = context.library.InferInput(name, shape, datatype)
    tensor.set_shared_memory("shared_in", place[1], offset=place[0])
    return tensor


def shared_output(context, name, place):
    output = context.output(name)
    output.set_shared_memory("shared_out", place[1], offset=place[0])
    return output


@case("shared memory: tensors in and out")
def numbers(context):
    first, second = np.arange(16, dtype=np.int32), np.ones(16, dtype=np.int32)
    places = [(0, 64), (64, 64)]
    with context.client() as client:
        cleared(client)
        with Region(client, "shared_in", 128) as source, Region(client, "shared_out", 128) as target:
            shm.set_shared_memory_region(source.handle, [first])
            shm.set_shared_memory_region(source.handle, [second], offset=64)
            inputs = [shared_input(context, f"INPUT{k}", "INT32", [1, 16], places[k]) for k in (0, 1)]
            outputs = [shared_output(context, f"OUTPUT{k}", places[k]) for k in (0, 1)]
            result = client.infer("simple", inputs, outputs=outputs)
            expect(result.get_output("OUTPUT0") is not None, "OUTPUT0 is not described")
            for place, wanted in zip(places, (first + second, first - second)):
                got = shm.get_contents_as_numpy(target.handle, np.int32, [16], offset=place[0])
                expect_equal(np.array(got), wanted, f"bytes from {place[0]}")
            status = as_json(client.get_system_shared_memory_status())
            regions = status if isinstance(status, list) else list(status["regions"].values())
            expect_equal(sorted(each["name"] for each in regions), ["shared_in", "shared_out"], "status")
        expect_failure(lambda: client.infer("simple", inputs), "shared_in")


@case("shared memory: texts")
def texts(context):
    words = np.array([str(value).encode() for value in range(16)], dtype=np.object_)
    ones = np.array([b"1"] * 16, dtype=np.object_)
    sizes = [utils.serialized_byte_size(utils.serialize_byte_tensor(each)) for each in (words, ones)]
    with context.client() as client:
        cleared(client)
        with Region(client, "shared_in", sum(sizes)) as source, Region(client, "shared_out", 512) as target:
            shm.set_shared_memory_region(source.handle, [utils.serialize_byte_tensor(words)])
            shm.set_shared_memory_region(source.handle, [utils.serialize_byte_tensor(ones)], offset=sizes[0])
            places = [(0, sizes[0]), (sizes[0], sizes[1])]
            inputs = [shared_input(context, f"INPUT{k}", "BYTES", [1, 16], places[k]) for k in (0, 1)]
            outputs = [shared_output(context, f"OUTPUT{k}", (256 * k, 256)) for k in (0, 1)]
            client.infer("simple_string", inputs, outputs=outputs)
            for offset, wanted in ((0, range(1, 17)), (256, range(-1, 15))):
                got = shm.get_contents_as_numpy(target.handle, np.object_, [16], offset=offset)
                expect_equal([int(each) for each in got], list(wanted), f"texts from {offset}")


@case("shared memory: an offset beyond the region is refused")
def beyond(context):
    with context.client() as client:
        cleared(client)
        with Region(client, "shared_in", 128):
            inputs = [shared_input(context, f"INPUT{k}", "INT32", [1, 16], (100, 64)) for k in (0, 1)]
            expect_failure(lambda: client.infer("simple", inputs), "shared_in")
