"""Overrides of trainings on generated volumes, of a second each."""

VOLUMES = (
    "dataset=synthetic_volumes",
    "metrics=volumes",
    "dataset.images.shape=[16,16,16]",
    "dataset.images.num_train=4",
    "dataset.images.num_val=2",
    "dataset.images.num_test=2",
    "dataset.crop_size=[8,16,12]",
    "model.width=2",
    "trainer=cpu",
    "trainer.max_epochs=1",
    "data.batch_size=2",
    "logger=none",
)
