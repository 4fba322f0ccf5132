// c++ -std=c++17 main.cpp -I HEADERS -L LIBRARIES -l onnxruntime -o sample && ./sample MODEL libsecateur.so
// Runs the model with Secateur's provider on an input of 8 rows and prints what comes out.
#include <onnxruntime_cxx_api.h>

#include <cstdio>
#include <string>
#include <unordered_map>
#include <vector>

int main(int count, char **arguments) try {
  if (count != 3) return 2;
  const std::string model = arguments[1], library = arguments[2];
  Ort::Env env(ORT_LOGGING_LEVEL_ERROR, "sample");
  Ort::SessionOptions options;

  // the provider: registered once, appended to each session
  env.RegisterExecutionProviderLibrary("secateur", library);
  for (auto device : env.GetEpDevices())
    if (std::string(device.EpName()) == "SecateurExecutionProvider")
      options.AppendExecutionProvider_V2(env, {device}, std::unordered_map<std::string, std::string>{{"threshold", "0.5"}, {"verbose", "1"}});

  Ort::Session session(env, model.c_str(), options);
  std::vector<float> x(8 * 64);
  for (int i = 0; i < 8 * 64; i++) x[i] = (i % 7 - 3) / 4.0f;
  const int64_t shape[] = {8, 64};
  const char *inputs[] = {"x"}, *outputs[] = {"y"};
  auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  auto input = Ort::Value::CreateTensor<float>(memory, x.data(), x.size(), shape, 2);
  auto y = session.Run(Ort::RunOptions{nullptr}, inputs, &input, 1, outputs, 1);
  const float *values = y[0].GetTensorData<float>();
  for (size_t i = 0; i < y[0].GetTensorTypeAndShapeInfo().GetElementCount(); i++) std::printf("%.9g\n", values[i]);
} catch (const Ort::Exception &fault) {
  std::fprintf(stderr, "%s\n", fault.what());
  return 1;
}
