"""Makes coco-golden.json: objects, detections and what pycocotools 2.0.11 says of them.

    pip install pycocotools==2.0.11 && python coco-golden.py
"""

import contextlib
import io
import json
import random
from pathlib import Path

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SIGMAS = COCOeval(iouType="keypoints").params.kpt_oks_sigmas


def evaluate(case, kind):
    images = [{"id": i + 1, "width": 640, "height": 640} for i in range(case["images"])]
    truths, found = [], []
    for n, one in enumerate(case["truths"]):
        row = {"id": n + 1, "image_id": one["image"] + 1, "category_id": one["class"] + 1, "bbox": one["box"],
               "area": one.get("area", one["box"][2] * one["box"][3]), "iscrowd": int(one.get("crowd", False))}
        if kind == "keypoints":
            row["keypoints"] = one["keypoints"]
            row["num_keypoints"] = sum(v > 0 for v in one["keypoints"][2::3])
        truths.append(row)
    for one in case["found"]:
        row = {"image_id": one["image"] + 1, "category_id": one["class"] + 1, "score": one["score"]}
        row["keypoints" if kind == "keypoints" else "bbox"] = one["keypoints" if kind == "keypoints" else "box"]
        found.append(row)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"images": images, "annotations": truths,
                         "categories": [{"id": c + 1, "name": str(c)} for c in range(case["classes"])]}
        truth.createIndex()
        run = COCOeval(truth, truth.loadRes(found), kind)
        run.evaluate()
        run.accumulate()
        run.summarize()
    names = {
        "bbox": ["ap", "ap50", "ap75", "ap-small", "ap-medium", "ap-large", "recall-1", "recall-10", "recall"],
        "keypoints": ["oks-ap", "oks-ap50", "oks-ap75", "oks-ap-medium", "oks-ap-large", "oks-recall"],
    }[kind]
    return dict(zip(names, map(float, run.stats)))


def jitter(box, much, rng):
    x, y, w, h = box
    return [round(x + rng.gauss(0, much * w), 1), round(y + rng.gauss(0, much * h), 1),
            round(w * (1 + rng.gauss(0, much)), 1), round(h * (1 + rng.gauss(0, much)), 1)]


def boxes(name, seed, images, classes, most, crowds=0.0, extra=2, steps=100, much=0.1, areas=False):
    """Random things; scores of `steps` values, so that they tie; every fifth image is empty, every seventh not looked at."""
    rng = random.Random(seed)
    truths, found = [], []
    for image in range(images):
        things = [] if image % 5 == 4 else [None] * rng.randint(1, most)
        for _ in things:
            size = rng.choice([12, 40, 60, 150])
            box = [round(rng.uniform(0, 400), 1), round(rng.uniform(0, 400), 1),
                   round(size * rng.uniform(0.5, 1.5), 1), round(size * rng.uniform(0.5, 1.5), 1)]
            thing = {"image": image, "class": rng.randrange(classes), "box": box}
            if rng.random() < crowds:
                thing["crowd"] = True
            if areas:
                thing["area"] = round(box[2] * box[3] * rng.uniform(0.4, 1), 1)
            truths.append(thing)
            if image % 7 == 6:
                continue
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                label = thing["class"] if rng.random() < 0.9 else rng.randrange(classes)
                found.append({"image": image, "class": label, "box": jitter(box, much, rng),
                              "score": rng.randint(1, steps) / steps})
        for _ in range(rng.randint(0, extra)):
            found.append({"image": image, "class": rng.randrange(classes), "score": rng.randint(1, steps) / steps,
                          "box": [round(rng.uniform(0, 500), 1), round(rng.uniform(0, 500), 1),
                                  round(rng.uniform(5, 100), 1), round(rng.uniform(5, 100), 1)]})
    return {"name": name, "images": images, "classes": classes, "truths": truths, "found": found}


def people(name, seed, images):
    rng = random.Random(seed)
    truths, found = [], []
    for image in range(images):
        for _ in range(rng.randint(0, 3)):
            box = [rng.randint(0, 400), rng.randint(0, 400), rng.randint(20, 200), rng.randint(40, 240)]
            points, seen = [], rng.random()
            for _ in range(17):
                v = 0 if seen < 0.15 else rng.choice([0, 1, 2, 2])
                points += [round(box[0] + rng.uniform(0, box[2])), round(box[1] + rng.uniform(0, box[3])), v]
            truths.append({"image": image, "class": 0, "box": box, "keypoints": points,
                           "area": round(box[2] * box[3] * rng.uniform(0.3, 0.8), 1), "crowd": rng.random() < 0.1})
            for _ in range(rng.choice([0, 1, 1, 2])):
                much = rng.choice([1, 4, 10, 25])
                own = []
                for k in range(17):
                    own += [round(points[3 * k] + rng.gauss(0, much), 1), round(points[3 * k + 1] + rng.gauss(0, much), 1), 1]
                found.append({"image": image, "class": 0, "keypoints": own, "score": rng.randint(1, 20) / 20})
    return {"name": name, "images": images, "classes": 1, "truths": truths, "found": found}


CASES = [
    boxes("things of all sizes, three classes", 1, 10, 3, 4),
    boxes("crowds", 2, 12, 2, 4, crowds=0.3, extra=4),
    boxes("scores that tie, areas of outlines", 3, 12, 2, 4, steps=4, areas=True),
    boxes("more than a hundred detections of an image", 4, 2, 1, 12, extra=260, steps=1000),
    boxes("detections that are the truths", 5, 6, 1, 3, much=0.0, extra=1),
    {"name": "a class that is wanted and never found, another that is found and not wanted", "images": 2, "classes": 3,
     "truths": [{"image": 0, "class": 0, "box": [0, 0, 50, 50]}, {"image": 1, "class": 1, "box": [0, 0, 10, 10]}],
     "found": [{"image": 0, "class": 0, "box": [0, 0, 50, 40], "score": 0.9},
               {"image": 0, "class": 2, "box": [0, 0, 50, 50], "score": 0.9},
               {"image": 1, "class": 0, "box": [0, 0, 50, 50], "score": 0.95}]},
    {"name": "nothing but a crowd", "images": 1, "classes": 1,
     "truths": [{"image": 0, "class": 0, "box": [0, 0, 50, 50], "crowd": True}],
     "found": [{"image": 0, "class": 0, "box": [0, 0, 20, 20], "score": 0.9}]},
    {"name": "overlaps of exactly a half and nine tenths", "images": 1, "classes": 1,
     "truths": [{"image": 0, "class": 0, "box": [0, 0, 100, 100]}, {"image": 0, "class": 0, "box": [200, 200, 100, 100]}],
     "found": [{"image": 0, "class": 0, "box": [0, 0, 100, 50], "score": 0.9},
               {"image": 0, "class": 0, "box": [200, 200, 100, 90], "score": 0.8}]},
]

result = {
    "boxes": [{**case, "expected": evaluate(case, "bbox")} for case in CASES],
    "keypoints": [{**case, "expected": evaluate(case, "keypoints")} for case in [people("people", 6, 16)]],
}
text = json.dumps(result, separators=(",", ":"))
Path(__file__).with_name("coco-golden.json").write_text(text + "\n")
