"""TF-IDF over character n-grams + logistic regression from scikit-learn, trained on the same rows: what the encoder must beat."""

from __future__ import annotations

import numpy as np

from labels import schema
from labels.scores import Context
from train.encode import SEGMENTS
from train.normalise import Normaliser
from train.rows import Floats, Rows

_NGRAMS = (2, 4)
_FEATURES = 1 << 18
_TOLERANCE = 1e-6
"""Of the mean loss's gradient: over 262,144 features it is below 1e-3 before the first step where the classes are balanced, and a fit
that stops there answers .5 to everything."""
_LEAST = 50
"""An output with fewer positive rows is not fitted: its baseline is the base rate."""


def predict(train: Rows, dev: Rows, normaliser: Normaliser, seed: int) -> Floats:
    """(dev rows, 17) probabilities of a model for each head fitted on the training rows."""
    found = np.full((len(dev), sum(len(head.outputs) for head in schema.HEADS)), np.nan, np.float32)
    for head in schema.HEADS:
        judged = np.flatnonzero(train.labels[head.name].judged)
        asked = np.flatnonzero(dev.labels[head.name].judged)
        if len(judged) and len(asked):
            found[np.ix_(asked, np.arange(found.shape[1])[schema.SLICES[head.name]])] = _head(
                head, train.take(judged), dev.take(asked), normaliser, seed
            )
    return found


def _head(head: schema.Head, train: Rows, dev: Rows, normaliser: Normaliser, seed: int) -> Floats:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(
        analyzer="char_wb", ngram_range=_NGRAMS, max_features=_FEATURES, sublinear_tf=True, min_df=3, dtype=np.float32
    )
    given = vectors.fit_transform(_texts(head, train, normaliser))
    asked = vectors.transform(_texts(head, dev, normaliser))
    label = train.labels[head.name]
    found = np.zeros((len(dev), len(head.outputs)), np.float32)
    if head.activation is schema.Activation.SOFTMAX:
        gold = label.targets.argmax(axis=1)
        found[:, np.unique(gold)] = _fitted(given, gold, asked, seed)
        return found
    for column in range(len(head.outputs)):
        rows = np.flatnonzero(label.mask[:, column])
        positive = label.targets[rows, column] >= 0.5
        if min(positive.sum(), (~positive).sum()) < _LEAST:
            found[:, column] = positive.mean() if len(rows) else 0.0
        else:
            found[:, column] = _fitted(given[rows], positive, asked, seed)[:, 1]
    return found


def _fitted(given: object, gold: np.ndarray, asked: object, seed: int) -> Floats:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=4.0, max_iter=200, tol=_TOLERANCE, class_weight="balanced", random_state=seed).fit(given, gold)
    probabilities: Floats = model.predict_proba(asked).astype(np.float32)
    return probabilities


def _texts(head: schema.Head, rows: Rows, normaliser: Normaliser) -> list[str]:
    """The comment, and for the heads that ask about a context that context behind it."""
    return [normaliser(" ".join([text, *_context(head, context)])) for text, context in zip(rows.texts, rows.contexts, strict=True)]


def _context(head: schema.Head, context: Context) -> list[str]:
    return [value for name in SEGMENTS[1:] if name in head.needs and (value := getattr(context, name))]
