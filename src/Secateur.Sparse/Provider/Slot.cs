namespace Secateur.Sparse.Provider;

/// <summary>Places in ONNX Runtime's table of functions, under its own names (onnxruntime_c_api.h). The table only grows; all of these are in version 24.</summary>
internal enum Slot
{
    CreateStatus = 0,
    GetErrorMessage = 2,
    CreateCustomOpDomain = 26,
    CustomOpDomain_Add = 27,
    GetTensorMutableData = 51,
    CastTypeInfoToTensorInfo = 55,
    GetTensorElementType = 60,
    GetDimensionsCount = 61,
    GetDimensions = 62,
    KernelContext_GetInput = 90,
    KernelContext_GetOutput = 91,
    ReleaseStatus = 93,
    ReleaseCustomOpDomain = 101,
    KernelInfoGetAttributeArray_int64 = 163,
    KernelInfo_GetNodeName = 244,
    KernelInfoGetConstantInput_tensor = 249,
    ReadOpAttr = 272,
    KernelContext_ParallelFor = 274,
    GetValueInfoName = 289,
    GetValueInfoTypeInfo = 290,
    CreateKeyValuePairs = 295,
    AddKeyValuePair = 296,
    GetKeyValuePairs = 298,
    ReleaseKeyValuePairs = 300,
    HardwareDevice_Type = 307,
    GetEpApi = 317,
    ValueInfo_GetInitializerValue = 326,
    ValueInfo_IsGraphOutput = 330,
    ValueInfo_IsConstantInitializer = 331,
    Graph_GetNumNodes = 344,
    Graph_GetNodes = 345,
    Node_GetName = 349,
    Node_GetOperatorType = 350,
    Node_GetDomain = 351,
    Node_GetNumInputs = 353,
    Node_GetInputs = 354,
    Node_GetNumOutputs = 355,
    Node_GetOutputs = 356,
    Node_GetNumImplicitInputs = 357,
    Node_GetImplicitInputs = 358,
    Node_GetAttributeByName = 361,
    GetTensorData = 378,
    GetSessionOptionsConfigEntries = 379,
    TensorTypeAndShape_HasShape = 390,
    GetTensorElementTypeAndShapeDataReference = 414,
}

/// <summary>Places in its second table, for execution providers (onnxruntime_ep_c_api.h).</summary>
internal enum ProviderSlot
{
    CreateEpDevice = 0,
    EpGraphSupportInfo_AddNodesToFuse = 2,
}
