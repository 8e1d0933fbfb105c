#include "verify/sealed_secret.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace yizhan::verify {
namespace {

// Made by tests/interop (node's crypto), which makes others at every run; this one shows that the format stays.
constexpr std::string_view kKey = "yzmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

MasterKey fixed_key() {
  return MasterKey::parse(kKey).value();
}

TEST(SealedSecret, OpensWhatWasSealed) {
  EXPECT_TRUE(rc::check([](const std::string& secret) {
    const MasterKeys keys{MasterKey::make()};
    const std::string sealed = seal_secret(keys, secret);
    RC_ASSERT(is_sealed(sealed));
    RC_ASSERT(sealing_key_id(sealed) == keys.front().id());
    RC_ASSERT(secret.size() < 8 || sealed.find(secret) == std::string::npos);
    RC_ASSERT(open_secret(keys, sealed).value() == secret);
  }));
}

TEST(SealedSecret, TheSameSecretNeverLooksTheSame) {
  const MasterKeys keys{fixed_key()};
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) all.insert(seal_secret(keys, "secret"));
  EXPECT_EQ(all.size(), 100U);
}

TEST(SealedSecret, EveryChangeOfACharacterIsNoticed) {
  const MasterKeys keys{fixed_key()};
  const std::string sealed = seal_secret(keys, "whsec_secret");
  for (std::size_t i = kSealedPrefix.size(); i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    const auto opened = open_secret(keys, changed);
    EXPECT_FALSE(opened) << i << ": " << changed;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(open_secret(keys, sealed.substr(0, size)));
  EXPECT_EQ(open_secret(keys, sealed + "AAAA").error().code, "secret_not_opened");
}

TEST(SealedSecret, AKeyThatIsMissingIsNamed) {
  const std::string sealed = seal_secret({fixed_key()}, "secret");
  const auto without = open_secret({}, sealed);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, "master_key_missing");
  EXPECT_NE(without.error().message.find(fixed_key().id()), std::string::npos);
  const MasterKey other = MasterKey::make();
  const auto wrong = open_secret({other}, sealed);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "master_key_missing");
  EXPECT_NE(wrong.error().message.find(other.id()), std::string::npos);
}

TEST(SealedSecret, AnotherKeyUnderTheSameIdDoesNotOpen) {
  // Whoever puts his own text under our key's id finds that the tag does not fit.
  const MasterKey other = MasterKey::make();
  std::string forged = seal_secret({other}, "secret");
  forged.replace(kSealedPrefix.size(), other.id().size(), fixed_key().id());
  EXPECT_EQ(open_secret({fixed_key()}, forged).error().code, "secret_not_opened");
}

TEST(SealedSecret, KeysAreRotated) {
  const MasterKey old_key = fixed_key();
  const MasterKey new_key = MasterKey::make();
  const std::string file = "# a comment: sealed:v1: is the form\nsecret = \"" + seal_secret({old_key}, "one") +
                           "\" # kept\nother = '" + seal_secret({new_key}, "two") + "'\n" +
                           seal_secret({old_key}, "three");
  const auto resealed = reseal_all({new_key, old_key}, file);
  ASSERT_TRUE(resealed) << resealed.error().message;
  EXPECT_EQ(resealed->count, 2);
  EXPECT_EQ(resealed->text.find("v1:" + old_key.id()), std::string::npos);
  EXPECT_TRUE(resealed->text.starts_with("# a comment: sealed:v1: is the form\nsecret = \"sealed:v1:" + new_key.id()));
  EXPECT_NE(resealed->text.find("\" # kept\nother = '"), std::string::npos);
  const std::string last = resealed->text.substr(resealed->text.rfind("sealed:"));
  EXPECT_EQ(open_secret({new_key}, last).value(), "three");
  EXPECT_EQ(reseal_all({new_key}, resealed->text)->text, resealed->text);
  EXPECT_EQ(reseal_all({new_key}, file).error().code, "master_key_missing");
}

TEST(MasterKey, IsReadBackAndRefusedWhereItIsNone) {
  const MasterKey made = MasterKey::make();
  EXPECT_EQ(MasterKey::parse(made.text())->id(), made.id());
  EXPECT_EQ(fixed_key().text(), kKey);
  EXPECT_EQ(fixed_key().id(), "e115b1eb");
  for (const std::string_view text : {"", "yzmk_", "yzmk_AAAA", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}) {
    const auto refused = MasterKey::parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, "master_key_invalid");
  }
}

TEST(SealedSecret, OpensAVectorOfAnotherImplementation) {
  EXPECT_EQ(
      open_secret(
          {fixed_key()},
          "sealed:v1:e115b1eb:AAECAwQFBgcICQoLMGqlfqa6j33GEK75ia4zNPKk00OaLg84AC6p1Ucgb4BNceKd/LYgOmebaJ1/TQMXmNBoJgbe")
          .value(),
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

}  // namespace
}  // namespace yizhan::verify
