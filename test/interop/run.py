# python run.py HTTP_ADDRESS GRPC_ADDRESS [PART_OF_A_NAME] [--trace]: runs the cases against a server with the example repository.
import sys

import cases
import inference_cases  # noqa: F401
import facts_cases  # noqa: F401
import sequence_cases  # noqa: F401
import async_cases  # noqa: F401
import explicit_cases  # noqa: F401
import memory_cases  # noqa: F401
import control_cases  # noqa: F401, the last: it loads and unloads models

if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    urls = {"http": words[0], "grpc": words[1] if words[1] != "-" else ""}
    sys.exit(1 if cases.run(urls, words[2] if len(words) > 2 else "") else 0)
