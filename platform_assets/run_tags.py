"""What a run of Dagster says about itself: the model it is for, and why it was started."""

MODEL_TAG = "slipway/model"
REASON_TAG = "slipway/reason"
PREDICTIONS_TAG = "slipway/predictions"
