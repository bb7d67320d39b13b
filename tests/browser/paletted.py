"""Smaller pictures: a PNG with a palette of at most 256 colours, a third of what a browser writes.

The browser decodes the picture and finds the colours; where there are more than 256, rare ones become the nearest
frequent one.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode, b64encode
from typing import Any

COLOURS = """async (data) => {
  const image = await createImageBitmap(await (await fetch(data)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const colours = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour);
  const palette = colours.slice(0, 256);
  const apart = (a, b) => [0, 8, 16].reduce((sum, at) => sum + (((a >> at) & 255) - ((b >> at) & 255)) ** 2, 0);
  const places = new Map(palette.map((colour, place) => [colour, place]));
  for (const rare of colours.slice(256)) {
    let best = 0;
    palette.forEach((colour, place) => { if (apart(rare, colour) < apart(rare, palette[best])) best = place; });
    places.set(rare, best);
  }
  const indexed = Uint8Array.from(pixels, (pixel) => places.get(pixel));
  let text = "";
  for (let at = 0; at < indexed.length; at += 32768) text += String.fromCharCode(...indexed.subarray(at, at + 32768));
  return { width: image.width, height: image.height, palette, indexed: btoa(text) };
}"""


async def paletted(page: Any, picture: bytes) -> bytes:
    """The same picture with a palette. `page` is a blank page of a browser."""
    found = await page.evaluate(COLOURS, "data:image/png;base64," + b64encode(picture).decode())
    width, height = found["width"], found["height"]
    indexed = b64decode(found["indexed"])
    rows = b"".join(b"\0" + indexed[at : at + width] for at in range(0, width * height, width))
    palette = b"".join(struct.pack("<I", colour)[:3] for colour in found["palette"])
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
