"""Pictures of images, masks and errors, and the colours and names of classes in all of them."""
