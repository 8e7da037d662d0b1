"""Connected components and skeletons of masks, for losses, weight maps and metrics alike."""
