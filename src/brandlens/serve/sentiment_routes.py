"""The routes of the sentiment side: reviews in, scores out."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field, WithJsonSchema

from brandlens.serve.bodies import json_response
from brandlens.serve.problems import Problem, responses
from brandlens.serve.scorer import Scorer
from brandlens.serve.service import Service
from brandlens.serve.terms import check_size, parse_terms, terms_schema


class TermBody(BaseModel):
    """What a clause of a review says of a term."""

    term: str
    clause: str = Field(description="The part of the review that mentions it")
    label: str = Field(description="One of the model's, or unsure")
    score: float = Field(ge=0, le=1, description="The probability of the label")
    sentiment: float = Field(ge=-1, le=1, description="The probability of positive less that of negative")


class ReviewBody(BaseModel):
    """A review's score."""

    text: str
    label: str = Field(description="One of the model's, or unsure")
    score: float = Field(ge=0, le=1, description="Of two labels the probability of positive, of more that of the label")
    reason: str | None = Field(None, description="Why it is unsure: no words, too few known words, another language")
    scores: dict[str, float] | None = Field(None, description="Of more than two labels, the probability of each")
    words: list[tuple[str, float]] | None = Field(None, description="Each token, and what it adds to the score")
    spans: list[tuple[int, int, float]] | None = Field(
        None, description="Parts of the text that matter: start, end (code points), and what each adds to the score"
    )
    terms: list[TermBody] | None = Field(None, description="The clauses that mention a term of the request")


class ReviewsBody(BaseModel):
    """One entry a text, in their order."""

    reviews: list[ReviewBody]


class SentimentModelBody(BaseModel):
    """The model that scores reviews."""

    labels: list[str]
    threshold: float = Field(description="Lowest score of a positive review")
    model: str | None
    revision: str | None = Field(description="Of the code and parameters that it was trained with")
    metrics: dict[str, float] = Field(description="On the test reviews")


def sentiment_router(service: Service) -> APIRouter:
    """Return the routes of the sentiment side; without a model they answer 404."""
    router, settings = APIRouter(tags=["sentiment"], responses=responses(404)), service.settings

    class TextsBody(BaseModel):
        """Reviews to score."""

        texts: list[Annotated[str, Field(max_length=settings.max_text)]] = Field(
            max_length=settings.max_texts, examples=[["Not bad at all!", "I want my money back."]]
        )
        explain: bool = Field(False, description="Whether to tell what each word adds")
        terms: Annotated[Any, WithJsonSchema(terms_schema(settings.max_terms))] = None

    @router.get("/sentiment", response_model=SentimentModelBody)
    async def sentiment() -> dict[str, Any]:
        """Tell how well the model does."""
        classifier = find_scorer(service).classifier
        metrics = classifier.provenance.get("metrics", {})
        return {
            "labels": list(classifier.labels),
            "threshold": classifier.threshold,
            "model": classifier.provenance.get("model"),
            "revision": classifier.provenance.get("revision"),
            "metrics": {name: value for name, value in metrics.items() if isinstance(value, int | float)},
        }

    @router.post("/sentiment/score", response_model=ReviewsBody, responses=responses(422))
    async def score(body: TextsBody) -> Response:
        """Score reviews, and the clauses that mention a term: the probability of each label."""
        scorer = find_scorer(service)
        lexicon = parse_terms(body.terms, settings.max_terms, scorer.classifier.labels)
        if lexicon:
            check_size(body.texts, lexicon)
        async with service.admit(settings.max_seconds):
            with service.metrics.measure_work("/sentiment/score"):
                records = await scorer.score(body.texts, body.explain, lexicon)
        service.metrics.items.labels("text").inc(len(records))
        return json_response({"reviews": records})

    return router


def find_scorer(service: Service) -> Scorer:
    """Return the scorer of a service. Raises Problem where it has none."""
    if service.sentiment is None:
        raise Problem(
            HTTPStatus.NOT_FOUND, "no_model", "this service scores no reviews; start it with --sentiment FOLDER"
        )
    return service.sentiment
