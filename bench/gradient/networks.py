"""PyTorch's side of bench/gradient/networks.ts: the same networks, written as ONNX, and their times.

    python3 networks.py export FOLDER          every network: NAME.onnx in inference, NAME.train.onnx in training
    python3 networks.py time NAME THREADS      seconds an image: saliency, then a training step with Adam

Saliency is Grad-CAM at every layer whose output is a map (or tokens): its gradient's mean over positions weighs the
channels, their sum's positive part is averaged. Needs python3-torch and python3-torchvision.
"""
import sys, time, warnings
import torch, torch.nn as nn, torch.nn.functional as F
import torchvision.models as M

warnings.filterwarnings("ignore")


class Detector(nn.Module):
    """SSDLite's backbone and heads on 320 x 320: numbers of every anchor, before boxes are chosen."""

    def __init__(self):
        super().__init__()
        whole = M.detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)
        self.backbone, self.head = whole.backbone, whole.head

    def forward(self, x):
        found = self.head(list(self.backbone(x).values()))
        return torch.cat([found["cls_logits"], found["bbox_regression"]], 2)


# Makes the network, side of its pictures, images of a saliency batch, images of a training step.
NETWORKS = {
    "resnet18": (lambda: M.resnet18(weights=None), 224, 8, 8),
    "mobilenet_v3": (lambda: M.mobilenet_v3_large(weights=None), 224, 8, 8),
    "vit": (lambda: M.VisionTransformer(224, 16, 6, 3, 192, 768), 224, 8, 8),
    "ssdlite": (Detector, 320, 4, 4),
}


def made(name):
    torch.manual_seed(1)
    net = NETWORKS[name][0]()
    # Dropout is left out on both sides: its mask is another generator's.
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return net


def layers(net):
    """Modules whose outputs are points: what ends a layer, as activations, poolings and blocks of a transformer do."""
    ends = (nn.ReLU, nn.Hardswish, nn.ReLU6, nn.MaxPool2d, M.vision_transformer.EncoderBlock)
    return [module for module in net.modules() if isinstance(module, ends)]


def scalar(name, out, label):
    # A detector without labels: half the squared norm of its outputs, whose gradient is the outputs.
    return (out * out.detach()).sum() if name == "ssdlite" else out.gather(1, label[:, None]).sum()


def cam(activation, gradient):
    places = tuple(range(2, activation.dim())) if activation.dim() == 4 else (1,)
    channels = 1 if activation.dim() == 4 else 2
    alpha = gradient.mean(places, keepdim=True)
    return (alpha * activation).mean(channels).clamp(min=0).flatten(1).mean(1)


def saliency(name, net, x, label):
    for module in net.modules():
        if isinstance(module, (nn.ReLU, nn.Hardswish, nn.ReLU6)):
            module.inplace = False
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    kept = []

    def keep(_module, _inputs, out):
        # Vectors of a classifier have no places.
        if out.dim() > 2:
            out.retain_grad()
            kept.append(out)

    hooks = [module.register_forward_hook(keep) for module in layers(net)]

    def run():
        kept.clear()
        scalar(name, net(x.clone().requires_grad_(True)), label).backward()
        return [cam(one.detach(), one.grad) for one in kept]

    run()
    return run, hooks


def loss_of(name, out, label):
    return (out * out).mean() if name == "ssdlite" else F.cross_entropy(out, label)


def median(run, count=3):
    run()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[count // 2]


def measure(name, threads):
    torch.set_num_threads(threads)
    _, side, batch, rows = NETWORKS[name]
    net = made(name).eval()
    x, label = torch.randn(batch, 3, side, side), torch.arange(batch) % 10
    run, hooks = saliency(name, net, x, label)
    print("saliency", median(run) / batch)
    for hook in hooks:
        hook.remove()
    net = made(name).train()
    optimiser = torch.optim.Adam(net.parameters(), 1e-4)
    x, label = torch.randn(rows, 3, side, side), torch.arange(rows) % 10

    def step():
        optimiser.zero_grad()
        loss_of(name, net(x), label).backward()
        optimiser.step()

    print("training", median(step) / rows)


def export(folder):
    for name, (_, side, _, _) in NETWORKS.items():
        for ending, mode in ((".onnx", torch.onnx.TrainingMode.EVAL), (".train.onnx", torch.onnx.TrainingMode.TRAINING)):
            net = made(name)
            net.train(mode == torch.onnx.TrainingMode.TRAINING)
            torch.onnx.export(
                net, torch.randn(2, 3, side, side), f"{folder}/{name}{ending}", opset_version=16, training=mode,
                do_constant_folding=mode == torch.onnx.TrainingMode.EVAL, input_names=["image"], output_names=["scores"],
                dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}})


if sys.argv[1] == "export":
    export(sys.argv[2])
else:
    measure(sys.argv[2], int(sys.argv[3]))
