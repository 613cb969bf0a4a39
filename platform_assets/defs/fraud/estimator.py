"""Boosted trees over the payment and what the processor knows about card and terminal.

One payment in a hundred is a fraud. Classes are not reweighted, so a probability of 0.3 means
that three in ten such payments are frauds; where to act is the threshold's business. Categories
become one column each: trees on scikit-learn's own categories do not survive the conversion to
ONNX. Missing numbers stay missing, trees have a branch for them.
"""

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder


def build() -> Pipeline:
    columns = make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_include="object"),
        ),
        remainder="passthrough",
    )
    trees = HistGradientBoostingClassifier(
        max_iter=100,
        learning_rate=0.08,
        max_leaf_nodes=15,
        min_samples_leaf=50,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    return make_pipeline(columns, trees)
