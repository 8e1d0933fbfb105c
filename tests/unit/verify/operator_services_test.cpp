// The signatures of the services that operators are told by.
#include <gtest/gtest.h>

#include "verify/acs3.h"
#include "verify/digest.h"
#include "verify/dingtalk.h"
#include "verify/feishu.h"

namespace yizhan::verify {
namespace {

// Made with Python's hmac; tests/interop compares with the packages that others use.
TEST(Dingtalk, SignsTimestampAndSecret) {
  EXPECT_EQ(dingtalk_signature("SECthis-is-a-robots-secret", 1577262236757),
            "X4LWSmX5oLFcRYbAjodO3mlWNVokj/4dXm9xl54XuaM=");
}

TEST(Feishu, SignsNothingWithTimestampAndSecret) {
  EXPECT_EQ(feishu_signature("demo", 1599360473), "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
}

// Alibaba Cloud, "V3 request structure and signature", the example with fixed values.
TEST(Acs3, SignsAsTheDocumentsExample) {
  Acs3Request request;
  request.canonical_query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai";
  request.headers = {
      {"x-acs-version", "2014-05-26"},        {"host", "ecs.cn-shanghai.aliyuncs.com"},
      {"x-acs-action", "RunInstances"},       {"x-acs-content-sha256", sha256_hex("")},
      {"x-acs-date", "2023-10-26T10:22:32Z"}, {"x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"}};
  EXPECT_EQ(acs3_authorization("YourAccessKeyId", "YourAccessKeySecret", request),
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
            "x-acs-date;x-acs-signature-nonce;x-acs-version,"
            "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
}

}  // namespace
}  // namespace yizhan::verify
