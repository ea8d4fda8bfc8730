"""Every ranking metric once more, as loops over sources and places that follow the definitions."""

import math

import numpy as np

PATIENCE = 0.8


def per_source(name, k, items, grades, natural, of, users, u_total, profile, vectors, weight):
    """Value of one list, or None where the source is left out."""
    items = [i for i in items if i >= 0]
    first = items[:k]
    good = {i: g for i, g in grades.items() if g > 0}
    hits = [r for r, i in enumerate(first, 1) if i in good]
    if name in ("arp", "aplt", "aclt", "novelty", "miscalibration") and not first:
        return None
    match name:
        case "arp":
            return sum(natural[i] for i in first) / len(first)
        case "aplt":
            return sum(of[i] == 2 for i in first) / len(first)
        case "aclt":
            return sum(of[i] == 2 for i in first)
        case "novelty":
            return sum(-math.log2((users[i] + 1) / (u_total + 1)) for i in first) / len(first)
        case "miscalibration":
            if not profile:
                return None
            p = [sum(of[i] == s for i in profile) / len(profile) for s in range(3)]
            q = [sum(of[i] == s for i in first) / len(first) for s in range(3)]
            m = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
            kl = lambda a: sum(x * math.log2(x / y) for x, y in zip(a, m, strict=True) if x > 0)  # noqa: E731
            return (kl(p) + kl(q)) / 2
        case "intra_list_diversity":
            if len(first) < 2:
                return None
            unit = [vectors[i] / np.linalg.norm(vectors[i]) for i in first]
            each = [1 - a @ b for n, a in enumerate(unit) for b in unit[n + 1 :]]
            return sum(each) / len(each)
    if not good:
        return None
    match name:
        case "precision":
            return len(hits) / k
        case "recall":
            return len(hits) / len(good)
        case "hit_rate":
            return float(bool(hits))
        case "mrr":
            return 1 / hits[0] if hits else 0.0
        case "map" | "map_min":
            total = sum((n + 1) / r for n, r in enumerate(hits))
            return total / (len(good) if name == "map" else min(k, len(good)))
        case "ndcg" | "ndcg_exp" | "ndcg_ips":
            gain = {"ndcg": lambda i: good[i], "ndcg_exp": lambda i: 2 ** good[i] - 1,
                    "ndcg_ips": lambda i: good[i] * weight[i]}[name]  # fmt: skip
            best = sorted(map(gain, good), reverse=True)[:k]
            found = sum(gain(first[r - 1]) / math.log2(r + 1) for r in hits)
            return found / sum(g / math.log2(r + 1) for r, g in enumerate(best, 1))
        case "recall_ips":
            return sum(weight[first[r - 1]] for r in hits) / sum(weight[i] for i in good)
        case "expected_exposure_loss":
            return exposure_loss(first, set(good), k, len(natural))
        case "popularity_rank_correlation":
            return rank_correlation(first, good, natural, k)
    raise AssertionError(name)


def exposure_loss(first, good, k, size):
    """Target exposure as the mean over the k places, one ideal order at a time in closed form."""
    given = [PATIENCE**r for r in range(min(k, size))]
    m = len(good)
    top = sum(given[:m]) / m
    rest = sum(given[m:]) / (size - m)
    loss = 0.0
    for i in range(size):
        own = given[first.index(i)] if i in first else 0.0
        loss += (own - (top if i in good else rest)) ** 2
    return loss


def rank_correlation(first, good, natural, k):
    from scipy.stats import spearmanr

    place = [first.index(i) if i in first else k for i in good]
    count = [natural[i] for i in good]
    if len(set(place)) < 2 or len(set(count)) < 2:
        return None
    return -spearmanr(count, place).statistic


def gini(x):
    x, n = sorted(x), len(x)
    return sum((2 * i - n - 1) * v for i, v in enumerate(x, 1)) / ((n - 1) * sum(x))


def catalogue(name, k, ids, relevant, of, seen):
    """A metric of all lists together."""
    size = len(of)
    count, exposure = [0.0] * size, [0.0] * size
    hit, good, open_ = [0] * 3, [0] * 3, [0] * 3
    for items, grades, had in zip(ids, relevant, seen, strict=True):
        for r, i in enumerate(items[:k]):
            if i >= 0:
                count[i] += 1
                exposure[i] += PATIENCE**r
                hit[of[i]] += grades.get(i, 0) > 0
        for i in range(size):
            good[of[i]] += grades.get(i, 0) > 0
            open_[of[i]] += i not in had
    shown = [sum(c for c, s in zip(count, of, strict=True) if s == g) for g in range(3)]
    spread = lambda a: float(np.std(a) / np.mean(a))  # noqa: E731
    match name:
        case "coverage":
            return sum(c > 0 for c in count) / size
        case "gini":
            return gini(count)
        case "exposure_gini":
            return gini(exposure)
        case "shannon_entropy":
            p = [c / sum(count) for c in count if c]
            return -sum(x * math.log2(x) for x in p)
        case "pop_reo":
            return spread([h / g for h, g in zip(hit, good, strict=True) if g])
        case "pop_reo[groups=2]":
            return spread([(hit[0] + hit[1]) / (good[0] + good[1]), hit[2] / good[2]])
        case "pop_rsp":
            return spread([s / c for s, c in zip(shown, open_, strict=True) if c])
        case "pop_rsp[groups=2]":
            return spread([(shown[0] + shown[1]) / (open_[0] + open_[1]), shown[2] / open_[2]])
    raise AssertionError(name)
