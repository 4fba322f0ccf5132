/* cc main.c -I HEADERS -L LIBRARIES -l onnxruntime -o sample && ./sample MODEL libsecateur.so
   Runs the model with Secateur's provider on an input of 8 rows and prints what comes out. */
#include <onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const OrtApi *ort;

static void check(OrtStatus *status) {
  if (status == NULL) return;
  fprintf(stderr, "%s\n", ort->GetErrorMessage(status));
  exit(1);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const char *model = arguments[1], *library = arguments[2];
  ort = OrtGetApiBase()->GetApi(24); /* ONNX Runtime 1.24 */
  if (ort == NULL) return fprintf(stderr, "this is ONNX Runtime %s, and 1.24 is needed\n", OrtGetApiBase()->GetVersionString()), 1;

  OrtEnv *env;
  OrtSessionOptions *options;
  check(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "sample", &env));
  check(ort->CreateSessionOptions(&options));

  /* the provider: registered once, appended to each session */
  check(ort->RegisterExecutionProviderLibrary(env, "secateur", library));
  const OrtEpDevice *const *devices;
  size_t device_count;
  check(ort->GetEpDevices(env, &devices, &device_count));
  const char *keys[] = {"threshold", "verbose"}, *values[] = {"0.5", "1"};
  for (size_t i = 0; i < device_count; i++)
    if (strcmp(ort->EpDevice_EpName(devices[i]), "SecateurExecutionProvider") == 0)
      check(ort->SessionOptionsAppendExecutionProvider_V2(options, env, &devices[i], 1, keys, values, 2));

  OrtSession *session;
  check(ort->CreateSession(env, model, options, &session));

  float x[8 * 64], *y;
  for (int i = 0; i < 8 * 64; i++) x[i] = (i % 7 - 3) / 4.0f;
  OrtMemoryInfo *memory;
  OrtValue *input, *output = NULL;
  OrtTensorTypeAndShapeInfo *shape;
  size_t length;
  check(ort->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory));
  check(ort->CreateTensorWithDataAsOrtValue(memory, x, sizeof x, (int64_t[]){8, 64}, 2, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &input));
  check(ort->Run(session, NULL, (const char *[]){"x"}, (const OrtValue *[]){input}, 1, (const char *[]){"y"}, 1, &output));
  check(ort->GetTensorMutableData(output, (void **)&y));
  check(ort->GetTensorTypeAndShape(output, &shape));
  check(ort->GetTensorShapeElementCount(shape, &length));
  for (size_t i = 0; i < length; i++) printf("%.9g\n", y[i]);

  ort->ReleaseTensorTypeAndShapeInfo(shape);
  ort->ReleaseValue(output);
  ort->ReleaseValue(input);
  ort->ReleaseMemoryInfo(memory);
  ort->ReleaseSession(session);
  ort->ReleaseSessionOptions(options);
  ort->ReleaseEnv(env);
}
