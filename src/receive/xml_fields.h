// Reading the flat XML in which WeChat Pay v2 sends its notices, as names and values:
//
//   <xml><appid><![CDATA[wx…]]></appid><total_fee>1</total_fee></xml>
//
// It is hostile input: everything that such a notice does not need is refused. One root of the given name, below it
// elements that hold text or CDATA and nothing else. No DTD, hence no entities but `&lt; &gt; &amp; &quot; &apos;` and
// character references to characters that XML allows; no attributes, comments or processing instructions; an XML
// declaration may stand first if it says UTF-8 or nothing of the encoding. UTF-8 only (RFC 3629; a byte order mark may
// stand first), no NUL or other control characters, each name once, at most kMaxFields of them, at most kMaxXmlBytes in
// all.
//
// A value is its text and CDATA joined, byte for byte, blanks included; line ends are read as XML has it (`\n`). That
// is the value that the signature is over.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "base/fields.h"

namespace yizhan::receive {

inline constexpr std::size_t kMaxXmlBytes = 65536;

/// `root`: `xml` for notices, `root` for what a refund's req_info decrypts to. Code `xml_invalid`; the message says
/// what is wrong and quotes no value.
Result<Fields> read_xml_fields(std::string_view text, std::string_view root = "xml");

}  // namespace yizhan::receive
