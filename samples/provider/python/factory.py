"""python3 factory.py libonnxruntime.so libsecateur.so: asks the library for its provider as ONNX Runtime does, without the package onnxruntime."""
import ctypes
import sys

runtime, library = (ctypes.CDLL(path) for path in sys.argv[1:])
runtime.OrtGetApiBase.restype = ctypes.c_void_p
library.CreateEpFactories.restype = library.ReleaseEpFactory.restype = ctypes.c_void_p

factory, count = ctypes.c_void_p(), ctypes.c_size_t()
failure = library.CreateEpFactories(b"secateur", ctypes.c_void_p(runtime.OrtGetApiBase()), None, ctypes.byref(factory), ctypes.c_size_t(1), ctypes.byref(count))
if failure or count.value != 1:
    sys.exit("no provider")

# OrtEpFactory: the version of its interface, then its functions, of which the first tells the name
functions = ctypes.cast(factory, ctypes.POINTER(ctypes.c_void_p))
name = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(functions[1])
print(name(factory).decode())
library.ReleaseEpFactory(factory)
