// WeChat Pay's XML, and what else may arrive in its place (faults 37 and 38).
#include "receive/xml_fields.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace yizhan::receive {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(std::string_view xml, std::string_view root = "xml") {
  const auto fields = read_xml_fields(xml, root);
  EXPECT_TRUE(fields) << fields.error().message << "\n" << xml;
  Pairs pairs;
  if (fields) {
    for (const ReceivedField& field : *fields) pairs.emplace_back(field.name, field.value);
  }
  return pairs;
}

std::string_view refusal_of(std::string_view xml, std::string_view root = "xml") {
  const auto fields = read_xml_fields(xml, root);
  return fields ? std::string_view{} : fields.error().code;
}

TEST(XmlFields, AreReadFromANotice) {
  EXPECT_EQ(pairs_of("<xml>\n  <appid><![CDATA[wx2421b1c4370ec43b]]></appid>\n  <attach><![CDATA[支付测试]]></attach>\n"
                     "  <total_fee>1</total_fee>\n  <coupon_fee_0/>\n  <openid></openid>\n</xml>"),
            (Pairs{{"appid", "wx2421b1c4370ec43b"},
                   {"attach", "支付测试"},
                   {"total_fee", "1"},
                   {"coupon_fee_0", ""},
                   {"openid", ""}}));
  EXPECT_EQ(pairs_of("<xml/>"), Pairs{});
  EXPECT_EQ(pairs_of("\n<xml></xml>\n"), Pairs{});
}

TEST(XmlFields, AreReadFromWhatARefundDecryptsTo) {
  EXPECT_EQ(pairs_of("<root>\n<refund_fee><![CDATA[1]]></refund_fee>\n</root>", "root"), (Pairs{{"refund_fee", "1"}}));
  EXPECT_EQ(refusal_of("<root></root>"), "xml_invalid");
  EXPECT_EQ(refusal_of("<xml></xml>", "root"), "xml_invalid");
}

TEST(XmlFields, HaveTheirValuesByteForByte) {
  EXPECT_EQ(pairs_of("<xml><a> <![CDATA[ x ]]>\n</a><b>  </b><c><![CDATA[<>&amp;&#65;]]></c></xml>"),
            (Pairs{{"a", "  x \n"}, {"b", "  "}, {"c", "<>&amp;&#65;"}}));
  EXPECT_EQ(pairs_of("<xml><a><![CDATA[x]]><![CDATA[y]]>z</a></xml>"), (Pairs{{"a", "xyz"}}));
  EXPECT_EQ(pairs_of("<xml><a>1\r\n2\r3<![CDATA[\r\n]]></a></xml>"), (Pairs{{"a", "1\n2\n3\n"}}));
}

TEST(XmlFields, KnowTheFiveEntitiesAndReferencesToCharacters) {
  EXPECT_EQ(pairs_of("<xml><a>&lt;&gt;&amp;&quot;&apos;&#65;&#x4E2D;&#x1F600;&#10;&amp;lt;</a></xml>"),
            (Pairs{{"a", "<>&\"'A\u4E2D\U0001F600\n&lt;"}}));
  for (const char* value :
       {"&",     "&;",   "&amp",     "& amp;",   "&nbsp;",     "&xxe;",          "&#;",   "&#x;",   "&#0;",
        "&#x0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#x110000;", "&#99999999999;", "&#-1;", "&#+65;", "&#X41;",
        "&AMP;", "a&b",  "&#65",     "&#x 41;"}) {
    EXPECT_EQ(refusal_of("<xml><a>" + std::string(value) + "</a></xml>"), "xml_invalid") << value;
  }
}

TEST(XmlFields, MayHaveADeclarationOfUtf8InFront) {
  EXPECT_EQ(pairs_of("<?xml version=\"1.0\"?><xml><a>1</a></xml>"), (Pairs{{"a", "1"}}));
  EXPECT_EQ(pairs_of("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml><a>1</a></xml>"), (Pairs{{"a", "1"}}));
  EXPECT_EQ(pairs_of("\xef\xbb\xbf<?xml version=\"1.0\"?><xml><a>1</a></xml>"), (Pairs{{"a", "1"}}));
  EXPECT_EQ(refusal_of("<?xml version=\"1.0\" encoding=\"GBK\"?><xml><a>1</a></xml>"), "xml_invalid");
  EXPECT_EQ(refusal_of("<xml><a>1</a></xml><?xml version=\"1.0\"?>"), "xml_invalid");
  EXPECT_EQ(refusal_of("<?xml version=\"1.0\"?><?xml version=\"1.0\"?><xml><a>1</a></xml>"), "xml_invalid");
}

// Fault 37: external and internal entities, the billion laughs, and everything else that a notice does not need.
TEST(XmlFields, RefuseEverythingThatANoticeDoesNotNeed) {
  for (const char* xml : {
           "<!DOCTYPE xml [<!ENTITY xxe SYSTEM \"file:///etc/passwd\">]><xml><a>&xxe;</a></xml>",
           "<!DOCTYPE xml SYSTEM \"http://attacker.example/x.dtd\"><xml><a>1</a></xml>",
           "<!DOCTYPE xml [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><xml><a>&b;</a></xml>",
           "<!DOCTYPE xml><xml><a>1</a></xml>",
           "<xml><!DOCTYPE xml><a>1</a></xml>",
           "<xml><a>1</a></xml><!DOCTYPE xml>",
           "<?php echo 1 ?><xml><a>1</a></xml>",
           "<xml><?xml-stylesheet href=\"x\"?><a>1</a></xml>",
           "<xml><a>1<?pi?></a></xml>",
           "<!-- comment --><xml><a>1</a></xml>",
           "<xml><!-- comment --><a>1</a></xml>",
           "<xml><a>1<!-- comment -->2</a></xml>",
           "<xml><a><b>1</b></a></xml>",
           "<xml><a>1</a>text</xml>",
           "<xml><![CDATA[text]]><a>1</a></xml>",
           "<xml a=\"1\"><a>1</a></xml>",
           "<xml><a b=\"1\">1</a></xml>",
           "<xml><a>1</a><a>2</a></xml>",
           "<xml><a>1</a></xml><xml><a>2</a></xml>",
           "<xml><a>1</a></xml>text",
           "text<xml><a>1</a></xml>",
           "\xef\xbb\xbf\xef\xbb\xbf<xml><a>1</a></xml>",
       }) {
    EXPECT_EQ(refusal_of(xml), "xml_invalid") << xml;
  }
}

TEST(XmlFields, RefuseWhatIsNotWellFormed) {
  for (const char* xml :
       {"", " ", "text", "<", "<xml", "<xml>", "<xml><a>1</a>", "<xml><a>1</b></xml>", "<xml><a>1</xml>",
        "<xml><a><![CDATA[1</a></xml>", "<xml><>1</></xml>", "<xml></a></xml>", "</xml>", "{}",
        "<xml><a=b>1</a=b></xml>", "<xml><a&b>1</a&b></xml>", "<xml><a>1</a x></xml>"}) {
    EXPECT_EQ(refusal_of(xml), "xml_invalid") << xml;
  }
}

// Fault 38.
TEST(XmlFields, RefuseWhatIsNotUtf8AndControlCharacters) {
  for (const char* value : {"\xd6\xd0\xce\xc4", "\xff", "\xc0\x80", "\xed\xa0\x80", "\x01", "\x1b[31m", "\x0b"}) {
    EXPECT_EQ(refusal_of("<xml><a><![CDATA[" + std::string(value) + "]]></a></xml>"), "xml_invalid");
  }
  EXPECT_EQ(refusal_of(std::string("<xml><a>1\0</a></xml>", 20)), "xml_invalid");
  EXPECT_EQ(refusal_of(std::string("<xml><a>1</a></xml>\0", 20)), "xml_invalid");
  EXPECT_EQ(refusal_of(std::string("<xml><a>1</a></xml>\0<xml/>", 26)), "xml_invalid");
}

TEST(XmlFields, HaveLimits) {
  const auto with_fields = [](std::size_t count) {
    std::string xml = "<xml>";
    for (std::size_t index = 0; index < count; ++index) {
      xml += fmt::format("<f{0}>1</f{0}>", index);
    }
    return xml + "</xml>";
  };
  EXPECT_EQ(refusal_of(with_fields(kMaxFields)), "");
  EXPECT_EQ(refusal_of(with_fields(kMaxFields + 1)), "xml_invalid");

  const std::string_view frame = "<xml><a></a></xml>";
  const auto with_size = [&](std::size_t size) {
    return "<xml><a>" + std::string(size - frame.size(), 'x') + "</a></xml>";
  };
  EXPECT_EQ(refusal_of(with_size(kMaxXmlBytes)), "");
  EXPECT_EQ(refusal_of(with_size(kMaxXmlBytes + 1)), "xml_invalid");

  std::string deep;
  while (deep.size() < kMaxXmlBytes - 3) deep += "<a>";
  EXPECT_EQ(refusal_of(deep), "xml_invalid");
  std::string nested;
  for (int depth = 0; depth < 9000; ++depth) nested += "<a>";
  for (int depth = 0; depth < 9000; ++depth) nested += "</a>";
  EXPECT_EQ(refusal_of(fmt::format("<xml>{}</xml>", nested)), "xml_invalid");
}

TEST(XmlFields, QuoteNoValueWhenTheyAreRefused) {
  const auto fields = read_xml_fields("<xml><card>6222020000000000&</card></xml>");
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().message.find("6222"), std::string::npos) << fields.error().message;
}

RC_GTEST_PROP(XmlFields, GiveBackWhatWasWritten, (const std::map<std::string, std::string>& values)) {
  std::string xml = "<xml>";
  Fields expected;
  std::size_t count = 0;
  for (const auto& [kind, text] : values) {
    std::string value;
    for (const char c : text) value += static_cast<char>(0x20 + static_cast<unsigned char>(c) % 0x5f);
    const std::string name = fmt::format("field_{}", ++count);
    if (kind.size() % 2 == 0 && !value.contains("]]>")) {
      xml += fmt::format("<{0}><![CDATA[{1}]]></{0}>", name, value);
    } else {
      std::string references;
      for (const char c : value) references += fmt::format("&#{};", static_cast<int>(c));
      xml += fmt::format("<{0}>{1}</{0}>", name, references);
    }
    RC_ASSERT(expected.add(name, value));
  }
  RC_ASSERT(read_xml_fields(xml + "</xml>").value() == expected);
}

}  // namespace
}  // namespace yizhan::receive
