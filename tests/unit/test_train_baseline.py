"""The baseline is a fair opponent: it must have learned what its rows say."""

from __future__ import annotations

import numpy as np

from train import baseline, metrics


def test_a_balanced_task_over_many_features_is_learned() -> None:
    """Classes in balance over many thousand features: there a loose tolerance stops before the first step and answers .5 to all."""
    from scipy import sparse

    rng = np.random.default_rng(0)
    gold = np.arange(4000) % 2 == 0
    # each of 2,000 features says little, all of them together nearly everything
    features = sparse.csr_matrix((rng.random((4000, 2000)) < np.where(gold, 0.02, 0.01)[:, None]).astype(np.float32) * 0.1)
    scores = baseline._fitted(features[:3000], gold[:3000], features[3000:], seed=0)[:, 1]
    assert len(np.unique(scores)) > 900
    assert (metrics.roc_auc(gold[3000:], scores) or 0) > 0.9
