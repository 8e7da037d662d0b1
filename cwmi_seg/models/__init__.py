"""Networks: images B I H W to logits B C H W of the same height and width, any size."""
