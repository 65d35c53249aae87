"""From a page's source to its text: tags, blocks, features, the model that keeps or leaves blocks, writing."""
