"""How the recorders of this folder write arrays: little-endian bytes in base64, beside the shape."""

import base64

import torch


def floats(tensor):
    """A tensor as float32."""
    return array(tensor.detach().to(torch.float32).contiguous())


def codes(tensor):
    """Codes as the bytes they are stored in: int8, or float8 bit patterns."""
    if tensor.dtype == torch.float8_e4m3fn:
        return array(tensor.contiguous().view(torch.uint8))
    return array(tensor.to(torch.int8).contiguous())


def array(tensor):
    data = base64.b64encode(tensor.cpu().numpy().tobytes()).decode()
    return {"shape": list(tensor.shape), "data": data}


def stored(tensor):
    """A tensor as safetensors holds it, with the name of its type."""
    names = {torch.bfloat16: "BF16", torch.float16: "F16", torch.float32: "F32", torch.float8_e4m3fn: "F8_E4M3",
             torch.int8: "I8", torch.uint8: "U8", torch.int32: "I32", torch.int64: "I64"}
    # A copy, whose strides are those of its shape even where the tensor's are not.
    flat = torch.empty(tensor.numel(), dtype=tensor.dtype).copy_(tensor.detach().reshape(-1))
    data = base64.b64encode(flat.view(torch.uint8).numpy().tobytes()).decode()
    return {"type": names[tensor.dtype], "shape": list(tensor.shape), "data": data}
