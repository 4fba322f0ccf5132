"""The architectures whose skeletons the tests keep: how each is built, what it is fed, which axes are open."""
import torch
from torch import nn
from torchvision import models

import suite_pictures as pictures
import suite_text as text
from healthy import make, scene

# open: batch, height and width, at a size that is divided evenly
OPEN = ["resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2", "densenet121", "squeezenet1_1", "googlenet", "inception_v3", "mobilenet_v2", "mobilenet_v3_small",
        "shufflenet_v2_x1_0", "mnasnet1_0", "efficientnet_b0", "efficientnet_v2_s", "regnet_y_400mf", "convnext_tiny"]
FIXED = {"alexnet": 224, "vgg11_bn": 224, "vit_b_16": 64, "swin_t": 224, "swin_v2_t": 128, "maxvit_t": 224}
SEGMENT = ["fcn_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"]
KEEP_NORMS = ["resnet18", "mobilenet_v2", "unet", "crnn", "ghostnet"]  # batch norms stay nodes, as exporters other than torch's leave them
KEEP_TIES = ["t5_encoder_decoder"]  # constants not folded, so that the embedding is read through a Transpose

IMAGE, LINE, SERIES = {0: "batch", 2: "height", 3: "width"}, {0: "batch", 3: "width"}, {0: "batch", 2: "time"}
TOKENS = {0: "batch", 1: "sequence"}
PAST, PRESENT = {0: "batch", 2: "past"}, {0: "batch", 2: "total"}


class Exported:
    """What is exported: `build` makes the network, `inputs` are (name, example, open axes), `outputs` (name, open axes)."""

    def __init__(self, build, inputs, outputs):
        self.build, self.inputs, self.outputs = build, inputs, outputs


class Main(nn.Module):
    """What torchvision's segmenters give, their main map alone."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)["out"]


def tokens(*shape):
    return torch.randint(1, text.VOCABULARY, shape)


def mask(batch, count):
    return (torch.arange(count)[None] < count - 2 * torch.arange(batch)[:, None]).long()


def picture(build, size=64, channels=3, batch=4, axes=IMAGE, outputs=None):
    height, width = size if isinstance(size, tuple) else (size, size)
    return Exported(build, [("input", scene(batch, channels, height, width), axes)], outputs or [("output", {0: "batch"})])


def past(layers, heads, size, count=5):
    made = [(f"{kind}.{i}", torch.randn(4, heads, count, size), PAST) for i in range(layers) for kind in ("past_key", "past_value")]
    return made, [(f"{kind}.{i}", PRESENT) for i in range(layers) for kind in ("present_key", "present_value")]


def own():
    ids, seen = ("input_ids", tokens(4, 16), TOKENS), ("attention_mask", mask(4, 16), TOKENS)
    longer = ("attention_mask", mask(4, 21), {0: "batch", 1: "total"})
    logits = [("logits", TOKENS)]
    gpt_past, gpt_present = past(2, 4, 32)
    llama_past, llama_present = past(2, 2, 16)
    states = [("h0", torch.randn(1, 4, 96), {1: "batch"}), ("c0", torch.randn(1, 4, 96), {1: "batch"})]
    return {
        "bert": Exported(text.Bert, [ids, seen, ("token_type_ids", torch.arange(16).expand(4, 16) // 8, TOKENS)], [("last_hidden_state", TOKENS), ("pooler_output", {0: "batch"})]),
        "gpt2_past": Exported(text.Gpt2, [ids, longer, *gpt_past], logits + gpt_present),
        "llama": Exported(text.Llama, [ids, seen], logits),
        "llama_past": Exported(text.Llama, [ids, longer, *llama_past], logits + llama_present),
        "gpt_neox": Exported(text.Neox, [ids], logits),
        "t5_encoder_decoder": Exported(text.T5, [ids, seen, ("decoder_input_ids", tokens(4, 11), {0: "batch", 1: "target"})], [("logits", {0: "batch", 1: "target"})]),
        "lstm_tagger": Exported(lambda: text.Tagger(nn.LSTM, 2, True), [ids], logits),
        "gru_tagger": Exported(lambda: text.Tagger(nn.GRU, 2, True), [ids], logits),
        "lstm_states": Exported(lambda: text.Tagger(nn.LSTM, 1, False, True), [ids, *states], logits + [("h1", {1: "batch"}), ("c1", {1: "batch"})]),
        "experts": Exported(text.Experts, [ids], [("logits", {0: "batch"})]),
        "clip": Exported(text.Clip, [("input_ids", tokens(4, 16), {0: "texts", 1: "sequence"}), ("pixel_values", scene(4, 3, 64, 64), {0: "batch"})],
                       [("logits_per_text", {0: "texts", 1: "batch"}), ("text_embeds", {0: "texts"}), ("image_embeds", {0: "batch"})]),
        "whisper_encoder": Exported(text.Whisper, [("input_features", scene(4, 40, 64), SERIES)], [("last_hidden_state", {0: "batch", 1: "half"})]),
        "keyword_spotter": Exported(text.Spotter, [("features", scene(4, 40, 64), SERIES)], [("scores", {0: "batch"})]),
        "wavenet": Exported(text.WaveNet, [("wave", scene(4, 1, 64), SERIES)], [("scores", SERIES)]),
        "unet": picture(pictures.Unet, outputs=[("output", IMAGE)]),
        "yolo": Exported(pictures.Yolo, [("images", scene(4, 3, 64, 64), IMAGE)], [("output0", {0: "batch", 2: "anchors"})]),
        "fpn_resnet50": picture(pictures.Pyramid, outputs=[(name, IMAGE) for name in ("p2", "p3", "p4", "p5", "pool")]),
        "retina_shared": picture(pictures.Retina, outputs=[("scores", {0: "batch", 1: "anchors"}), ("boxes", {0: "batch", 1: "anchors"})]),
        "gan_generator": Exported(pictures.Generator, [("z", torch.randn(4, 64), {0: "batch"})], [("image", {0: "batch"})]),
        "espcn": picture(pictures.Espcn, 32, 1, outputs=[("output", IMAGE)]),
        "edsr": picture(pictures.Edsr, 32, outputs=[("output", IMAGE)]),
        "resnet18_groupnorm": picture(pictures.group_norm_resnet),
        "vit_multihead": picture(pictures.small_vit, axes={0: "batch"}),
        "vit_fused": picture(pictures.FusedVit, axes={0: "batch"}),
        "mlp_mixer": picture(pictures.Mixer, axes={0: "batch"}),
        "diffusion_unet": Exported(pictures.Diffusion, [("sample", scene(4, 3, 32, 32), IMAGE), ("timestep", torch.tensor([10, 200, 500, 900]), {0: "batch"})], [("noise", IMAGE)]),
        "crnn": picture(pictures.Crnn, (32, 96), axes=LINE, outputs=[("output", {0: "batch", 1: "letters"})]),
        "res2net": picture(pictures.Res2),
        "ghostnet": picture(pictures.Ghost),
    }


def everything():
    made = {}
    for name in OPEN:
        options = {"init_weights": False, "aux_logits": False, "transform_input": False} if name in ("googlenet", "inception_v3") else {}
        made[name] = picture(lambda name=name, options=options: models.get_model(name, weights=None, **options), 96)
    for name, size in FIXED.items():
        options = {"image_size": size} if name == "vit_b_16" else {}
        made[name] = picture(lambda name=name, options=options: models.get_model(name, weights=None, **options), size, axes={0: "batch"})
    for name in SEGMENT:
        made[name] = picture(lambda name=name: Main(models.get_model(name, weights=None, weights_backbone=None)), outputs=[("output", IMAGE)])
    return {**made, **own()}


def teach(opset):
    """Swin v2 sets the keys' bias to 0 in place, which torch 1.13 cannot write."""
    torch.onnx.register_custom_op_symbolic("aten::zero", lambda g, x: g.op("Mul", x, g.op("Constant", value_t=torch.zeros(1))), opset)


def export(name, path, opset, one=None):
    """Writes one to a file; `one` where it is none of the suite."""
    torch.manual_seed(0)
    one = one or everything()[name]
    torch.manual_seed(1)
    network = one.build().eval()
    examples = tuple(example for _, example, _ in one.inputs)
    make(network, examples)
    names = [name for name, _, _ in one.inputs], [name for name, _ in one.outputs]
    axes = {name: axes for name, *_, axes in one.inputs + one.outputs}
    teach(opset)
    preserve = torch.onnx.TrainingMode.PRESERVE if name in KEEP_NORMS else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(network, examples, path, opset_version=opset, input_names=names[0], output_names=names[1], dynamic_axes=axes, training=preserve,
                      do_constant_folding=name not in KEEP_TIES)
