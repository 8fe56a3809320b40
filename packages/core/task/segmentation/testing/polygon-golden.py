"""Makes polygon-golden.json: outlines, and the pixels that pycocotools 2.0.11 draws of them.

    pip install pycocotools==2.0.11 && python polygon-golden.py
"""

import json
import random
from itertools import groupby
from pathlib import Path

from pycocotools import mask

rng = random.Random(3)
cases = []
for _ in range(14):
    height, width = rng.randint(6, 24), rng.randint(6, 24)
    corners = rng.choice([3, 4, 5, 7])
    polygon = [float(round(rng.uniform(-2, (height if i % 2 else width) + 2), rng.choice([0, 1, 2])))
               for i in range(2 * corners)]
    packed = mask.frPyObjects([polygon], height, width)[0]
    pixels = [0, *mask.decode(packed).flatten(order="F").tolist()]
    counts = [len(list(run)) for _, run in groupby(pixels)]
    counts[0] -= 1
    cases.append({"height": height, "width": width, "polygon": polygon, "counts": counts,
                  "packed": packed["counts"].decode()})

Path(__file__).with_name("polygon-golden.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
