"""What one writes by hand to serve iris as JSON and an identity of 600 KB as bytes, at the gateway's own paths."""

import os
from pathlib import Path

import numpy as np
import onnxruntime as ort
import orjson
from fastapi import FastAPI, Header, Request, Response
from pydantic import BaseModel

MODELS = Path(os.environ["MODELS"])


def load(path: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # a worker for each core: more threads would only get in each other's way
    return ort.InferenceSession(MODELS / path, options, providers=["CPUExecutionProvider"])


iris = load("iris/2/model.onnx")
identity = load("identity/1/model.onnx")
app = FastAPI()


class Rows(BaseModel):
    instances: list[tuple[float, float, float, float]]


# Not `def`: a run takes microseconds, and a hand-over to the thread pool takes more.
@app.post("/models/iris/predict")
async def predict(rows: Rows) -> Response:
    labels, probabilities = iris.run(None, {"x": np.asarray(rows.instances, dtype=np.float32)})
    predictions = [
        {"label": label, "probabilities": row} for label, row in zip(labels.tolist(), probabilities.tolist())
    ]
    return Response(orjson.dumps({"predictions": predictions}), media_type="application/json")


@app.post("/v2/models/identity/infer")
async def infer(request: Request, inference_header_content_length: int = Header()) -> Response:
    body = await request.body()
    head = orjson.loads(body[:inference_header_content_length])
    x = np.frombuffer(body, dtype="<f4", offset=inference_header_content_length)
    (y,) = identity.run(None, {"x": x.reshape(head["inputs"][0]["shape"])})
    described = orjson.dumps(
        {
            "model_name": "identity",
            "outputs": [
                {
                    "name": "y",
                    "shape": y.shape,
                    "datatype": "FP32",
                    "parameters": {"binary_data_size": y.nbytes},
                }
            ],
        }
    )
    return Response(
        described + y.tobytes(),
        media_type="application/octet-stream",
        headers={"Inference-Header-Content-Length": str(len(described))},
    )
