import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.sentiment.text.tokenizer import LINK, LOUD, tokenize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param(" \n\t\u2003", "", id="white space"),
        pytest.param("()[]{}#@~^_|:-", "", id="signs that are dropped"),
        pytest.param("Good", "good", id="lower case"),
        pytest.param("good,bad.", "good , bad .", id="punctuation apart"),
        pytest.param("_great_ well-made x/y", "great well made x y", id="hyphens and underscores separate words"),
        pytest.param("good<br /><br />bad<b>!</b>", "good bad !", id="tags"),
        pytest.param("&quot;good&quot; &amp; &lt;3 it&#39;s", '" good " and <3 it \'s', id="entities"),
        pytest.param("&lt;br&gt;good", "good", id="tags as entities"),
        pytest.param("5 < 6 > 4", "5 6 4", id="less than is no tag"),
        pytest.param("naïve Ärger 好极了", "naïve ärger 好 极 了", id="other languages"),
        pytest.param("ｇｏｏｄ ﬁne cafe\u0301", "good fine café", id="one spelling of each letter"),
        pytest.param("ΚΑΛΟΣ καλός", f"{LOUD} καλοσ καλοσ", id="final sigma"),
        pytest.param("iPhoneは良い！5000円。", "iphone は 良 い ! 0000 円 .", id="Japanese"),
        pytest.param("हिन्दी में ९/१०", "हिन्दी में 9/10", id="Hindi"),
        pytest.param("see https://x.y/z?a=b or WWW.x.com now", f"see {LINK} or {LINK} now", id="links"),
    ],
)
def test_words(text, expected):
    assert tokenize(text) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("don't", "do n't", id="straight"),
        pytest.param("don’t don`t don´t", "do n't do n't do n't", id="curly, backtick and accent"),
        pytest.param("DON'T", f"{LOUD} do n't", id="capitals"),
        pytest.param("can't won't shan't ain't", "can n't will n't shall n't is n't", id="stems that change"),
        pytest.param("dont didnt cant wont isnt", "do n't did n't can n't will n't is n't", id="without an apostrophe"),
        pytest.param("cannot can not", "can not can not", id="cannot"),
        pytest.param("do n't it 's", "do n't it 's", id="parted by a space"),
        pytest.param("it's I'm they're we've he'll she'd", "it 's i 'm they 're we 've he 'll she 'd", id="other ends"),
        pytest.param("shouldn't've O'Brien's", "should n't 've o'brien 's", id="two ends"),
        pytest.param("'good' o'clock rock'n'roll boys'", "good o'clock rock'n'roll boys", id="no contractions"),
        pytest.param("wont! want cantor dental", "will n't ! want cantor dental", id="words that only look it"),
    ],
)
def test_contractions_and_negation(text, expected):
    assert tokenize(text) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("! !! !!!! ? ?? ?! !?!?", "! !! !! ? ?? ?! ?!", id="marks"),
        pytest.param(". .. .... …", ". ... ... ...", id="dots"),
        pytest.param(":) :-) =) :] :)))", ":) :) :) :) :)", id="smiles"),
        pytest.param(":( :-( :'( >:( :[ :/ :\\", ":( :( :( :( :( :/ :/", id="frowns"),
        pytest.param(";-) :D :P :o", ";) :d :p :o", id="other faces"),
        pytest.param("note:drop Pros:Price", "note drop pros price", id="a colon before a word is no face"),
        pytest.param("<3 <33 </3 ^^ ^_^ -_-", "<3 <3 </3 ^^ ^^ -_-", id="hearts and eyes"),
        pytest.param("good😡😡❤️", "good 😡 😡 ❤", id="emoji"),
        pytest.param("👍🏽 🤦‍♂️ 👍", "👍 🤦 👍", id="emoji without skin, hair and style"),
        pytest.param("soooo goooood good", "sooo gooood good".replace("oooo", "ooo"), id="stretched"),
        pytest.param("sh*t f*** **** fine**", "sh*t f*** **** fine **", id="stars"),
        pytest.param('"art" $5 90%', '" art " $ 5 00 %', id="quotes, money, share"),
    ],
)
def test_marks_and_emoji(text, expected):
    assert tokenize(text) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("I am NOT happy", f"i am {LOUD} not happy", id="one word"),
        pytest.param("NEVER, EVER again", f"{LOUD} never , ever again", id="a run has one mark"),
        pytest.param("SO BAD it is BAD", f"so {LOUD} bad it is {LOUD} bad", id="two runs"),
        pytest.param("WANT A USB CABLE today", f"{LOUD} want a usb cable today", id="short words break no run"),
        pytest.param("the USB, MP3 and A4 of I", "the usb , mp3 and a4 of i", id="acronyms"),
        pytest.param("Great McDonald iPhone", "great mcdonald iphone", id="some capitals"),
    ],
)
def test_capitals(text, expected):
    assert tokenize(text) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("8/10 7.5/10 8 / 10 10/10", "8/10 7.5/10 8/10 10/10", id="ratings"),
        pytest.param("3/10/2004", "3 10 0000", id="a date is no rating"),
        pytest.param("0 7 10 11 100 1987", "0 7 10 00 000 0000", id="numbers"),
        pytest.param("3.5 1,000 12.99 4,5", "3.5 0000 00.00 4,5", id="points and commas"),
        pytest.param("1990s the '80s 90's", "0000s the 00s 00s", id="decades"),
        pytest.param("mp3 3d 2nd h2o", "mp3 3d 2nd h2o", id="with letters"),
        pytest.param("123456789012", "000000", id="long"),
        pytest.param("² ① ፩ ٣", "2 1 0 3", id="other digits"),
    ],
)
def test_numbers(text, expected):
    assert tokenize(text) == expected.split()


@given(st.text() | st.text(alphabet="aA'n't*!?.:;()-_<>/0123456789 &;brBR’`😡\u200d\ufe0f"))
def test_any_text_gives_tokens_that_fit_a_line(text):
    tokens = tokenize(text)
    assert all(token.split() == [token] for token in tokens)
    assert "<pad>" not in tokens
    assert "<unknown>" not in tokens
    assert tokenize(f"  {text}\n") == tokens


@given(st.lists(st.sampled_from(["good", "do n't", "it 's", "!", "?!", "8/10", "00", "❤", ":)", "sh*t", "..."])))
def test_tokens_of_tokens_stay(phrases):
    text = " ".join(phrases)
    assert tokenize(text) == text.split()


@pytest.mark.parametrize(
    "part",
    ["a's", "ab*", "****", "1.", "1,1/", "<a", "<", "&amp;", "-_", ":'(", "\u200d❤", "!?", "'", " n't", "A ", "x:/"],
)
def test_time_is_linear(part):
    """A quadratic step would take minutes."""
    start = time.perf_counter()
    tokenize(part * 100_000)
    assert time.perf_counter() - start < 5
