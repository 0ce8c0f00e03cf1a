#include "redact.hpp"

#include <gtest/gtest.h>

namespace sluice::hook {
namespace {

struct Case {
    std::string_view line;
    std::string_view shown;
};

TEST(Redactor, TakesSecretsOutWhereverAndHoweverTheyAreWritten)
{
    const Redactor redact({"key one", "secret/1", "secret", ""});
    for (const auto& [line, shown] : {
             Case{"nothing here", "nothing here"},
             Case{"a secret, secrets and secret/1.", "a ***, ***s and ***."},
             Case{"%73ecret %73%65%63%72%65%74%2f1 SECRET", "*** *** SECRET"},
             Case{"key+one key%20one key one", "*** *** ***"},
             Case{"secre", "secre"},
             Case{"%7", "%7"},
         })
        EXPECT_EQ(redact(line), shown);
}

TEST(Redactor, TakesOutWhatIsSecretInAnyUrl)
{
    const Redactor redact({});
    for (const auto& [line, shown] : {
             Case{"http://example.com/a/b.m3u8 is fine", "http://example.com/a/b.m3u8 is fine"},
             Case{"open http://u:p@example.com:80/a?b=c#d now",
                  "open http://***@example.com:80/a?*** now"},
             Case{"rtsp://admin:p@ss/w'ord@10.0.0.1/1", "rtsp://***@10.0.0.1/1"},
             Case{"srt://h:9?passphrase=x&streamid=y: Connection refused",
                  "srt://h:9?***: Connection refused"},
             Case{"rtmp://h/app/key: Input/output error", "rtmp://h/app/***: Input/output error"},
             Case{"'rtmps://h:1/app/key/more?x=1'", "'rtmps://h:1/app/***'"},
             Case{"RTMP://u@h/app?key=1/x", "RTMP://***@h/app?***"},
             Case{"rtmp://h/app rtmp://h/ rtmp://h rtmp://",
                  "rtmp://h/app rtmp://h/ rtmp://h rtmp://"},
             Case{"http://a/x|[f=flv]rtmp://b/c/key|y", "http://a/x|[f=flv]rtmp://b/c/***"},
             Case{"http://a/x?u=rtmp://b/c/key", "http://a/x?***"},
             Case{"://?a", "://?***"},
         })
        EXPECT_EQ(redact(line), shown);
}

TEST(Redactor, OfALineThatWasCutTheBeginningsOfSecretsGoToo)
{
    const Redactor redact({"topsecret"});

    EXPECT_EQ(redact("it is top", true), "it is ***");
    EXPECT_EQ(redact("it is top%7", true), "it is ***");
    EXPECT_EQ(redact("see http://user:pa", true), "see http://***");
    EXPECT_EQ(redact("http://a/b and more", true), "http://a/b and more");
}

TEST(Redactor, TakesAnyBytes)
{
    const Redactor redact({"x"});
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);

    EXPECT_EQ(redact(all).size(), all.size() + 2);
}

TEST(Printable, HasNoControlCharactersAndNoHalfOnes)
{
    EXPECT_EQ(printable("a\x1b[31m\tb\0c", 100), "a?[31m\tb");
    EXPECT_EQ(printable("abc", 2), "ab");
    EXPECT_EQ(printable("频道", 4), "频");
    EXPECT_EQ(printable("频道", 3), "频");
    EXPECT_EQ(printable("频道", 2), "");
}

}  // namespace
}  // namespace sluice::hook
