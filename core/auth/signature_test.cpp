#include "signature.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/auth/query.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view kId = "98724e64-bcd1-4887-af4a-60be440709aa";
constexpr std::string_view kKey = "nodemedia2017privatekey";
constexpr std::string_view kPublished = "1670544000-63497837275539bdb8e21800887e2db9";

nlohmann::json vectors()
{
    std::ifstream file(SLUICE_TEST_VECTORS "/signatures.json");
    return nlohmann::json::parse(file);
}

std::string upper(std::string text)
{
    for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

TEST(Signature, ThePublishedExampleVerifiesOneSecondBeforeItsExpiry)
{
    const auto sign = parse_sign(kPublished);
    ASSERT_TRUE(sign);
    EXPECT_EQ(sign->kind, SignatureKind::md5);
    EXPECT_EQ(sign->expires_s, 1670544000);
    EXPECT_EQ(verify_push(kId, *sign, kKey, 1670543999), std::nullopt);
    EXPECT_EQ(verify_push(kId, *sign, kKey, 1670544000), Reason::signature_expired);
}

TEST(Signature, EveryVectorIsMadeAndVerifiedInEitherCaseOfItsDigits)
{
    const auto rows = vectors().at("signatures");
    for (const auto& row : rows) {
        SCOPED_TRACE(row.at("name").get<std::string>());
        const std::string id = row.at("id"), key = row.at("key"), text = row.at("sign");
        const std::int64_t expires_s = row.at("expires_s");
        const bool push = row.at("use") == "push";
        const auto kind = row.at("kind") == "md5" ? SignatureKind::md5 : SignatureKind::hmac;

        EXPECT_EQ(push ? sign_push(id, expires_s, key, kind) : sign_play(id, expires_s, key), text);
        for (const auto& written : {text, upper(text)}) {
            const auto sign = parse_sign(written);
            ASSERT_TRUE(sign) << written;
            EXPECT_EQ(sign->kind, kind);
            const auto verify = push ? verify_push : verify_play;
            EXPECT_EQ(verify(id, *sign, key, expires_s - 1), std::nullopt);
        }
    }
}

TEST(Signature, EveryMalformedVectorIsRefused)
{
    const auto rows = vectors().at("malformed");
    for (const auto& row : rows) {
        const auto sign = parse_sign(row.at("sign").get<std::string>());
        ASSERT_FALSE(sign) << row.at("name");
        EXPECT_EQ(sign.error().code, Errc::malformed) << row.at("name");
    }
}

TEST(Signature, AChangeOfAnyPartMakesItWrong)
{
    for (const auto kind : {SignatureKind::md5, SignatureKind::hmac}) {
        const auto sign = *parse_sign(sign_push("demo", 2000, "key", kind));
        EXPECT_EQ(verify_push("demo", sign, "key", 1000), std::nullopt);
        EXPECT_EQ(verify_push("demO", sign, "key", 1000), Reason::signature_wrong);
        EXPECT_EQ(verify_push("demo", sign, "keY", 1000), Reason::signature_wrong);
        auto later = sign;
        later.expires_s = 2001;
        EXPECT_EQ(verify_push("demo", later, "key", 1000), Reason::signature_wrong);
        for (std::size_t i = 0; i < sign.digest().size(); ++i) {
            auto flipped = sign;
            flipped.hash[i] ^= 1;
            EXPECT_EQ(verify_push("demo", flipped, "key", 1000), Reason::signature_wrong) << i;
        }
    }
}

TEST(Signature, AWrongOneThatHasAlsoExpiredIsCalledWrong)
{
    const auto sign = *parse_sign(sign_push("demo", 2000, "other"));
    EXPECT_EQ(verify_push("demo", sign, "key", 3000), Reason::signature_wrong);
}

TEST(Signature, APushSignatureDoesNotLetAViewerInNorTheReverse)
{
    const auto push = *parse_sign(sign_push("demo", 2000, "key"));
    const auto push_md5 = *parse_sign(sign_push("demo", 2000, "key", SignatureKind::md5));
    const auto play = *parse_sign(sign_play("demo", 2000, "key"));
    EXPECT_EQ(verify_play("demo", push, "key", 1000), Reason::signature_wrong);
    EXPECT_EQ(verify_play("demo", push_md5, "key", 1000), Reason::signature_wrong);
    EXPECT_EQ(verify_push("demo", play, "key", 1000), Reason::signature_wrong);
}

TEST(Signature, AnEmptyKeyVerifiesNothing)
{
    const auto push = *parse_sign(sign_push("demo", 2000, ""));
    const auto play = *parse_sign(sign_play("demo", 2000, ""));
    EXPECT_EQ(verify_push("demo", push, "", 1000), Reason::signature_wrong);
    EXPECT_EQ(verify_play("demo", play, "", 1000), Reason::signature_wrong);
}

TEST(Signature, AnExpiredOneStillMatchesItsKey)
{
    const auto sign = *parse_sign(sign_push("demo", 1, "key"));
    EXPECT_TRUE(matches_push("demo", sign, "key"));
    EXPECT_FALSE(matches_push("demo", sign, "new key"));
}

TEST(Signature, AQueryTellsMissingFromMalformed)
{
    EXPECT_EQ(signature_in("").error(), Reason::signature_missing);
    EXPECT_EQ(signature_in("a=b").error(), Reason::signature_missing);
    EXPECT_EQ(signature_in("sig=1").error(), Reason::signature_missing);
    EXPECT_EQ(signature_in("sign=").error(), Reason::signature_malformed);
    EXPECT_EQ(signature_in("sign=1-2").error(), Reason::signature_malformed);
    const auto sign = signature_in("a=b&sign=" + std::string(kPublished));
    ASSERT_TRUE(sign);
    EXPECT_EQ(sign->expires_s, 1670544000);
}

TEST(Query, TheFirstParameterOfThatExactNameIsFoundAsSent)
{
    struct Row {
        std::string_view query;
        std::optional<std::string_view> value;
    };
    for (const auto& [query, value] : std::initializer_list<Row>{{"sign=x", "x"},
                                                                 {"?sign=x", "x"},
                                                                 {"a=b&sign=x", "x"},
                                                                 {"sign=x&a=b", "x"},
                                                                 {"sign=x&sign=y", "x"},
                                                                 {"sign=x=y", "x=y"},
                                                                 {"sign=%2D", "%2D"},
                                                                 {"sign", ""},
                                                                 {"sign&a", ""},
                                                                 {"sign=", ""},
                                                                 {"&&sign=x&", "x"},
                                                                 {"", std::nullopt},
                                                                 {"&", std::nullopt},
                                                                 {"=x", std::nullopt},
                                                                 {"resign=x", std::nullopt},
                                                                 {"signs=x", std::nullopt},
                                                                 {"Sign=x", std::nullopt},
                                                                 {"a=sign=x", std::nullopt},
                                                                 {"s%69gn=x", std::nullopt}}) {
        EXPECT_EQ(find_parameter(query, "sign"), value) << query;
    }
}

}  // namespace
}  // namespace sluice::auth
