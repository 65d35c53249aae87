"""Equal and near-equal documents: signatures, candidates, confirmation, clusters, fates."""
