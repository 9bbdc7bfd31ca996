# Loading and unloading models while the server runs, with and without another configuration.
from cases import Skip, as_json, case, expect, expect_equal, expect_failure
from tritonclient.utils import InferenceServerException


@case("model control: index, load, override, unload")
def control(context):
    with context.client() as client:
        index = as_json(client.get_model_repository_index())
        index = index if isinstance(index, list) else index["models"]
        expect_equal(len(index), 7, "models in the index")
        try:
            client.load_model("simple")
        except InferenceServerException as error:
            if "not allowed" in str(error):
                raise Skip("the server does not run in explicit mode") from error
            raise
        expect(client.is_model_ready("simple"), "simple is not ready after loading")
        broken = '"parameters": {"config": {{"max_batch_size": "16"}}}'
        expect_failure(lambda: client.load_model("simple", config=broken), "failed to load")
        expect(client.is_model_ready("simple"), "simple went away with a broken configuration")
        client.load_model("simple", config='{"max_batch_size":"16"}')
        config = as_json(client.get_model_config("simple"))
        expect_equal(config.get("config", config)["max_batch_size"], 16, "max_batch_size after the override")
        client.unload_model("simple")
        expect(not client.is_model_ready("simple"), "simple is ready after unloading")
        expect_failure(lambda: client.load_model("wrong_model_name"), "failed to load")
        client.load_model("simple")
        config = as_json(client.get_model_config("simple"))
        expect_equal(config.get("config", config)["max_batch_size"], 8, "max_batch_size after a plain load")
