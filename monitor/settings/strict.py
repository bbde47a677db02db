from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Settings that refuse what they do not know, and do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
