"""The models that a server offers."""


def test_the_built_in_models_are_listed(client):
    models = {model["name"]: model for model in client.get("/models").json()}
    assert models.keys() == {"deepfilternet3", "gtcrn", "passthrough"}
    assert models["deepfilternet3"]["default"] and models["deepfilternet3"]["sample_rate"] == 48_000
    assert models["gtcrn"]["sample_rate"] == 16_000 and not models["gtcrn"]["default"]
    assert all(model["licence"] for model in models.values())
