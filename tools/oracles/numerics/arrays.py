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
