"""python3 run.py MODEL libsecateur.so: runs the model with Secateur's provider on an input of 8 rows and prints what comes out."""
import sys

import numpy
import onnxruntime

model, library = sys.argv[1:]
onnxruntime.register_execution_provider_library("secateur", library)  # once in a process
device = next(device for device in onnxruntime.get_ep_devices() if device.ep_name == "SecateurExecutionProvider")

options = onnxruntime.SessionOptions()
options.add_provider_for_devices([device], {"threshold": "0.5", "verbose": "1"})
session = onnxruntime.InferenceSession(model, options)

x = ((numpy.arange(8 * 64) % 7 - 3) / 4).astype(numpy.float32).reshape(8, 64)
(y,) = session.run(["y"], {"x": x})
for value in y.flat:
    print(f"{value:.9g}")
