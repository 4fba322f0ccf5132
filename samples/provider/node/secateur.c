/* cc -shared -fPIC secateur.c -I HEADERS -o secateur.node
   Lets sessions of onnxruntime-node have Secateur's provider. Its JavaScript can register no library, but ONNX Runtime within it can: this puts itself
   before the two functions that make sessions, and adds the provider to the options of each. Linux. SECATEUR_LIBRARY names libsecateur.so,
   SECATEUR_THRESHOLD the least share of zeros (unless given the speeds measured on the machine decide), SECATEUR_VERBOSE=1 tells of each node. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <onnxruntime_c_api.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const OrtApi *ort;
static const OrtEpDevice *device;
static OrtStatus *(ORT_API_CALL *create)(const OrtEnv *, const ORTCHAR_T *, const OrtSessionOptions *, OrtSession **);
static OrtStatus *(ORT_API_CALL *create_from_array)(const OrtEnv *, const void *, size_t, const OrtSessionOptions *, OrtSession **);

static OrtStatus *append(const OrtEnv *env, const OrtSessionOptions *given, OrtSessionOptions **options) {
  OrtStatus *failure = ort->CloneSessionOptions(given, options);
  if (failure != NULL) return failure;
  if (device == NULL) {
    const char *library = getenv("SECATEUR_LIBRARY");
    if (library == NULL) return ort->CreateStatus(ORT_INVALID_ARGUMENT, "SECATEUR_LIBRARY is not set; it names libsecateur.so");
    const OrtEpDevice *const *devices;
    size_t count;
    if ((failure = ort->RegisterExecutionProviderLibrary((OrtEnv *)env, "secateur", library)) != NULL) return failure;
    if ((failure = ort->GetEpDevices(env, &devices, &count)) != NULL) return failure;
    for (size_t i = 0; i < count; i++)
      if (strcmp(ort->EpDevice_EpName(devices[i]), "SecateurExecutionProvider") == 0) device = devices[i];
  }
  const char *keys[2], *values[2], *value;
  size_t set = 0;
  if ((value = getenv("SECATEUR_THRESHOLD")) != NULL) keys[set] = "threshold", values[set++] = value;
  if ((value = getenv("SECATEUR_VERBOSE")) != NULL) keys[set] = "verbose", values[set++] = value;
  return ort->SessionOptionsAppendExecutionProvider_V2(*options, (OrtEnv *)env, &device, 1, keys, values, set);
}

static OrtStatus *ORT_API_CALL create_ours(const OrtEnv *env, const ORTCHAR_T *path, const OrtSessionOptions *given, OrtSession **session) {
  OrtSessionOptions *options = NULL;
  OrtStatus *failure = append(env, given, &options);
  if (failure == NULL) failure = create(env, path, options, session);
  ort->ReleaseSessionOptions(options);
  return failure;
}

static OrtStatus *ORT_API_CALL create_ours_from_array(const OrtEnv *env, const void *model, size_t length, const OrtSessionOptions *given, OrtSession **session) {
  OrtSessionOptions *options = NULL;
  OrtStatus *failure = append(env, given, &options);
  if (failure == NULL) failure = create_from_array(env, model, length, options, session);
  ort->ReleaseSessionOptions(options);
  return failure;
}

/* Of a table that is not to be written: its page is made so for a moment. */
static int put(const void *slot, const void *function) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  void *start = (void *)((uintptr_t)slot & ~(page - 1));
  if (mprotect(start, page, PROT_READ | PROT_WRITE) != 0) return -1;
  memcpy((void *)slot, &function, sizeof function);
  return mprotect(start, page, PROT_READ);
}

/* What Node.js calls when the addon is loaded; it exports nothing. */
__attribute__((visibility("default"))) void *napi_register_module_v1(void *env, void *exports) {
  (void)env;
  void *runtime = dlopen("libonnxruntime.so.1", RTLD_NOW | RTLD_NOLOAD); /* that of onnxruntime-node, which is there already */
  const OrtApiBase *(*base)(void) = runtime == NULL ? NULL : (const OrtApiBase *(*)(void))dlsym(runtime, "OrtGetApiBase");
  if (ort != NULL) return exports; /* a second load, by a worker */
  if (base == NULL || (ort = base()->GetApi(24)) == NULL) {
    fprintf(stderr, "secateur: load onnxruntime-node first, 1.24 or later\n");
    return exports;
  }
  create = ort->CreateSession;
  create_from_array = ort->CreateSessionFromArray;
  if (put(&ort->CreateSession, create_ours) != 0 || put(&ort->CreateSessionFromArray, create_ours_from_array) != 0) perror("secateur");
  return exports;
}
