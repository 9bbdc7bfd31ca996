# python file_cases.py FOLDER [PART_OF_A_NAME]: numpy and ONNX's own checker read the files that our scripts wrote into a folder.
import json
import sys
from pathlib import Path

import numpy as np
import onnx

folder = Path(sys.argv[1])
chosen = sys.argv[2] if len(sys.argv) > 2 else ""
expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def expect_equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: wanted {wanted}, got {got}")


def expect_array(array, dtype, wanted, shape, what):
    expect_equal(str(array.dtype), dtype, f"{what}, dtype")
    expect_equal(array.shape, tuple(shape), f"{what}, shape")
    if not np.array_equal(array, np.array(wanted, dtype=dtype).reshape(shape)):
        raise AssertionError(f"{what}: wanted {wanted}, got {array}")


def index_of(arrays, form):
    index = json.loads(arrays["index"].tobytes().decode("utf-8"))
    expect_equal(str(arrays["index"].dtype), "uint8", "index, dtype")
    expect_equal(index["format"], form, "format")
    return index["streams"]


def correlations():
    with np.load(folder / "correlation_matrix.npz", allow_pickle=False) as arrays:
        names = ["index"] + [f"{kind}_{k}" for k in range(2) for kind in ("matrix", "energy")]
        expect_equal(sorted(arrays.files), sorted(names), "names")
        streams = index_of(arrays, "galerkin correlations 1")
        for k, wanted in enumerate(expected["correlations"]):
            size = wanted["size"]
            facts = {name: wanted[name] for name in ("stream", "size", "rows")}
            expect_equal(streams[k], facts, f"stream {k}")
            expect_array(arrays[f"matrix_{k}"], "float32", wanted["matrix"], [size, size], f"matrix_{k}")
            expect_array(arrays[f"energy_{k}"], "float64", wanted["energy"], [size], f"energy_{k}")


def compressed_correlations():
    with np.load(folder / "compressed.npz", allow_pickle=False) as arrays:
        streams = index_of(arrays, "galerkin compressed correlations 1")
        expect_equal(len(streams), len(expected["compressed"]), "streams")
        for k, wanted in enumerate(expected["compressed"]):
            expect_equal(streams[k]["stream"], wanted["stream"], f"stream {k}")
            if wanted["rank"] > 0:
                shape = [wanted["rank"], wanted["size"]]
                expect_array(arrays[f"factors_{k}"], "float32", wanted["factors"], shape, f"factors_{k}")
            else:
                expect_array(arrays[f"codes_{k}"], "uint8", wanted["codes"], [len(wanted["codes"])], f"codes_{k}")


def permutations():
    file = json.loads((folder / "permutation.json").read_text(encoding="utf-8"))
    order = file["streams"][0]["permutation"]
    expect_equal(order, expected["permutation"], "permutation")
    expect_equal(np.argsort(np.argsort(order)).tolist(), order, "a permutation for numpy")


def checked(path):
    # By path: weights in other files are looked for beside it. full_check infers all types and shapes, strictly.
    def check():
        onnx.checker.check_model(str(path), full_check=True)
        model = onnx.load(str(path))
        for output in onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True).graph.output:
            if output.type.tensor_type.elem_type == 0:
                raise AssertionError(f"output {output.name} has no type")

    return check


cases = {
    "numpy: correlation_matrix.npz": correlations,
    "numpy: compressed correlations": compressed_correlations,
    "numpy: permutation.json": permutations,
    **{f"onnx.checker: {path.stem}": checked(path) for path in sorted(folder.glob("*.onnx"))},
}

failed = 0
for name, run in cases.items():
    if chosen not in name:
        continue
    try:
        run()
        print(f"ok      {name}")
    except Exception as error:
        failed += 1
        print(f"FAILED  {name}: {type(error).__name__}: {' '.join(str(error).split())[:400]}")
sys.exit(1 if failed else 0)
