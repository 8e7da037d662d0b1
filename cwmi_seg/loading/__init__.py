"""The way from prepared images to the batches of a training: splits, crops, weight maps, loaders."""
