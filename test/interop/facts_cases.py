# What clients ask besides inference: health, metadata, configuration, statistics, trace and log settings, connection options.
from cases import as_json, case, expect, expect_equal, expect_failure, expect_sum_and_difference, two_vectors
from inference_cases import inputs_of


@case("health and metadata")
def health_metadata(context):
    query = {"query_params": {"test_1": 1, "test_2": 2}} if context.protocol == "http" else {}
    with context.client() as client:
        expect(client.is_server_live(**query), "the server is not live")
        expect(client.is_server_ready(), "the server is not ready")
        expect(client.is_model_ready("simple"), "simple is not ready")
        expect(not client.is_model_ready("nobody"), "a model that is not there is ready")
        metadata = as_json(client.get_model_metadata("simple", **query))
        expect_equal(metadata["name"], "simple", "name")
        expect_equal([each["name"] for each in metadata["inputs"]], ["INPUT0", "INPUT1"], "inputs")
        expect_equal([int(size) for size in metadata["inputs"][0]["shape"]], [-1, 16], "shape")
        expect_failure(lambda: client.get_model_metadata("wrong_model_name"), "Request for unknown model")


@case("server metadata: the name that Triton's example asserts")
def server_name(context):
    with context.client() as client:
        expect_equal(as_json(client.get_server_metadata())["name"], "triton", "name")


@case("server metadata: extensions")
def server_extensions(context):
    with context.client() as client:
        extensions = as_json(client.get_server_metadata())["extensions"]
        wanted = ["classification", "sequence", "model_repository", "schedule_policy", "model_configuration"]
        wanted += ["binary_tensor_data", "parameters", "statistics"]
        expect_equal([name for name in wanted if name not in extensions], [], "extensions that are missing")


@case("model configuration")
def model_config(context):
    with context.client() as client:
        config = as_json(client.get_model_config("simple"))
        config = config.get("config", config)
        expect_equal(config["name"], "simple", "name")
        expect_equal(config["max_batch_size"], 8, "max_batch_size")
        expect_equal(config["input"][0]["data_type"], "TYPE_INT32", "data_type")
        expect_equal([int(size) for size in config["input"][0]["dims"]], [16], "dims")


@case("statistics count what was asked")
def statistics(context):
    first, second = two_vectors()

    def counts(client):
        stats = as_json(client.get_inference_statistics("simple"))["model_stats"][0]
        for name in ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"):
            expect({"count", "ns"} <= set(stats["inference_stats"][name]), f"inference_stats.{name}")
        return int(stats["inference_count"]), int(stats["inference_stats"]["success"]["count"])

    with context.client() as client:
        before = counts(client)
        client.infer("simple", inputs_of(context, first, second))
        client.infer("simple", inputs_of(context, first.repeat(3, 0), second.repeat(3, 0)))
        after = counts(client)
        expect_equal((after[0] - before[0], after[1] - before[1]), (4, 2), "items and requests")
        expect(len(as_json(client.get_inference_statistics())["model_stats"]) >= 7, "statistics of all models")


@case("trace and log settings")
def settings(context):
    with context.client() as client:
        trace = as_json(client.get_trace_settings())
        expect("trace_rate" in trace.get("settings", trace), "trace_rate is missing")
        log = as_json(client.get_log_settings())
        expect("log_info" in log.get("settings", log), "log_info is missing")


@case("keepalive options", ["grpc"])
def keepalive(context):
    first, second = two_vectors()
    options = context.library.KeepAliveOptions(
        keepalive_time_ms=20_000, keepalive_timeout_ms=10_000, keepalive_permit_without_calls=True
    )
    with context.client(keepalive_options=options) as client:
        expect_sum_and_difference(client.infer("simple", inputs_of(context, first, second)), first, second)


@case("custom channel arguments", ["grpc"])
def custom_args(context):
    first, second = two_vectors()
    arguments = [("grpc.max_send_message_length", 2**31 - 1), ("grpc.lb_policy_name", "pick_first")]
    with context.client(channel_args=arguments) as client:
        expect_sum_and_difference(client.infer("simple", inputs_of(context, first, second)), first, second)
