// Recipients from a real HTTP server that answers as PostgREST does: what is asked, how, and what is made of it.
#include "notify/postgrest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <map>

#include "http/percent_encoding.h"
#include "http/server.h"
#include "notify_task.h"
#include "verify/jwt.h"

namespace yizhan::notify {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using Kind = NoRecipients::Kind;

struct Asked {
  std::string method;
  std::string target;  ///< decoded
  std::size_t target_length = 0;
  std::string apikey;
  std::string authorization;
  std::string body;
};

class PostgrestTest : public testing::Test {
 public:
  PostgrestTest() {
    auto listening = http::Server::listen(
        io_, {"127.0.0.1", 0}, {}, [this](http::ServerRequest& request, http::Responder responder) {
          asked_.push_back({std::string(request.method), http::percent_decoded_bytes(request.target, false).value(),
                            request.target.size(), std::string(request.header("apikey")),
                            std::string(request.header("authorization")), request.body});
          answer_(asked_.back(), std::move(responder));
        });
    if (!listening) throw std::runtime_error(listening.error().message);
    server_ = std::move(*listening);
    client_ =
        std::make_unique<http::Client>(io_, http::AddressGuard(std::vector<http::Network>{}), http::ClientOptions{});
    answer_ = [this](const Asked& asked, http::Responder responder) { responder.answer({.body = rows(asked)}); };
  }
  ~PostgrestTest() override {
    client_.reset();
    hanging_.clear();
    server_.reset();
    io_.restart();
    io_.poll();
  }

 protected:
  static std::string key(const std::string& role) {
    return verify::JwtKey("a-secret-of-the-service").issue({.role = role});
  }
  PostgrestOptions options(const std::string& role = "service_role", bool bearer = true) const {
    return {.url = "http://" + server_->address().to_string(),
            .key = key(role),
            .use_bearer = bearer,
            .use_rpc = false,
            .rpc_token = {},
            .timeout = Milliseconds{20000},
            .extra_networks =
                std::make_shared<const std::vector<http::Network>>(http::parse_networks("127.0.0.0/8").value())};
  }
  PostgrestOptions rpc_options() const {
    PostgrestOptions all = options("anon", false);
    all.use_rpc = true;
    all.rpc_token = "the \"token\"";
    return all;
  }

  /// As PostgREST answers a SELECT on orders_, or the function.
  std::string rows(const Asked& asked) const {
    if (hidden_) return "[]";
    std::string out;
    for (const auto& [id, order] : orders_) {
      const bool any = asked.target.contains("limit=1");
      const bool wanted = asked.method == "POST" ? asked.body.contains("\"p_order_id\":\"" + id + "\"")
                                                 : asked.target.contains("\"" + id + "\"");
      if (!wanted && !any) continue;
      out += (out.empty() ? "" : ",") + order;
      if (any) break;
    }
    return "[" + out + "]";
  }
  void add_order(const std::string& id, const std::string& user, const std::string& merchant) {
    orders_[id] = R"({"id":")" + id + R"(","user_id":")" + user + R"(","merchant_id":")" + merchant + R"("})";
  }
  void answer_with(int status, std::string body) {
    answer_ = [status, body = std::move(body)](const Asked&, http::Responder responder) {
      responder.answer({.status = status, .body = body});
    };
  }

  std::vector<Found> find(const PostgrestOptions& all, const std::vector<store::NotifyTask>& tasks) {
    auto finder = make_postgrest_recipients(*client_, all);
    if (!finder) throw std::runtime_error(finder.error().message);
    std::optional<std::vector<Found>> answers;
    int calls = 0;
    (*finder)->find(tasks, [&](std::vector<Found> found) {
      answers = std::move(found);
      ++calls;
    });
    io_.restart();
    const auto waiting = http::asio::make_work_guard(io_);
    while (!answers) {
      if (io_.run_one_for(Seconds(60)) == 0) throw std::runtime_error("nothing happened for a minute");
    }
    io_.poll();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(answers->size(), tasks.size());
    return std::move(*answers);
  }
  std::vector<Found> find_orders(const PostgrestOptions& all, const std::vector<std::string>& order_ids) {
    std::vector<store::NotifyTask> tasks;
    for (const std::string& id : order_ids) {
      tasks.push_back(task_of());
      tasks.back().order_id = id;
      tasks.back().order_found = false;
      tasks.back().user_id.clear();
      tasks.back().merchant_id.clear();
    }
    return find(all, tasks);
  }
  static const NoRecipients& why(const Found& found) {
    if (found) throw std::runtime_error("there are recipients: " + found->user_id);
    return found.error();
  }
  static std::string code(const Found& found) { return found ? "" : found.error().code; }
  static std::vector<std::string> codes(const std::vector<Found>& all) {
    std::vector<std::string> out;
    std::ranges::transform(all, std::back_inserter(out), code);
    return out;
  }

  http::asio::io_context io_{1};
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> client_;
  std::function<void(const Asked&, http::Responder)> answer_;
  std::vector<http::Responder> hanging_;
  std::vector<Asked> asked_;
  std::map<std::string, std::string> orders_;
  bool hidden_ = false;
};

TEST_F(PostgrestTest, ABatchIsOneQuestion) {
  add_order("a", "u-1", "m-1");
  add_order("b", "u-2", "m-2");
  const auto found = find_orders(options(), {"a", "b", "a"});
  EXPECT_EQ(found[0]->user_id, "u-1");
  EXPECT_EQ(found[1]->merchant_id, "m-2");
  EXPECT_EQ(found[2]->user_id, "u-1");
  ASSERT_THAT(asked_, SizeIs(1));
  EXPECT_EQ(asked_[0].method, "GET");
  EXPECT_EQ(asked_[0].target, R"(/rest/v1/ml_orders?select=id,user_id,merchant_id&id=in.("a","b"))");
}

TEST_F(PostgrestTest, TheKeyIsSentAsBearerOnlyWhenItIsToBe) {
  find_orders(options("service_role", true), {"a"});
  EXPECT_EQ(asked_[0].apikey, key("service_role"));
  EXPECT_EQ(asked_[0].authorization, "Bearer " + key("service_role"));
  asked_.clear();
  find_orders(options("service_role", false), {"a"});
  EXPECT_EQ(asked_[0].apikey, key("service_role"));
  EXPECT_EQ(asked_[0].authorization, "");
}

TEST_F(PostgrestTest, TheApiPathIsAppendedUnlessItIsThere) {
  for (const std::string tail : {"", "/", "/rest/v1", "/rest/v1/"}) {
    PostgrestOptions all = options();
    all.url += tail;
    find_orders(all, {"a"});
    EXPECT_THAT(asked_.back().target, StartsWith("/rest/v1/ml_orders?")) << tail;
  }
}

TEST_F(PostgrestTest, IdsAreQuotedWhateverIsInThem) {
  const std::string odd = R"(a,b)&limit=0#"\%41 订单)";
  find_orders(options(), {odd});
  ASSERT_THAT(asked_, SizeIs(1));
  EXPECT_EQ(asked_[0].target,
            R"(/rest/v1/ml_orders?select=id,user_id,merchant_id&id=in.("a,b)&limit=0#\"\\%41 订单"))");
}

TEST_F(PostgrestTest, ManyOrdersAreAskedForInQuestionsThatServersTake) {
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) {
    ids.push_back("0198aabb-ccdd-7eef-8123-" + std::to_string(100'000'000'000 + i));
    add_order(ids.back(), "u" + std::to_string(i), "");
  }
  const auto found = find_orders(options(), ids);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i]->user_id, "u" + std::to_string(i));
  EXPECT_THAT(asked_, AllOf(SizeIs(testing::Gt(1U)), Each(testing::Field(&Asked::target_length, Le(4000U)))));
}

TEST_F(PostgrestTest, AServiceThatAnswersFewRowsIsAskedForTheRest) {
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    ids.push_back("order-" + std::to_string(i));
    if (i != 3) add_order(ids.back(), "u" + std::to_string(i), "");
  }
  answer_ = [this](const Asked& asked, http::Responder responder) {
    const std::string all = rows(asked);
    auto end = all.find('}');
    if (end != std::string::npos) end = std::min(all.find('}', end + 1), all.size() - 2);
    responder.answer({.body = end == std::string::npos ? all : all.substr(0, end + 1) + "]"});
  };
  const auto found = find_orders(options(), ids);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i == 3) {
      EXPECT_EQ(code(found[i]), "order_not_found");
    } else {
      ASSERT_TRUE(found[i]) << found[i].error().text();
      EXPECT_EQ(found[i]->user_id, "u" + std::to_string(i));
    }
  }
  EXPECT_THAT(asked_, SizeIs(4));
}

TEST_F(PostgrestTest, TasksWithoutOrderAreNotAskedFor) {
  store::NotifyTask task = task_of();
  task.order_id.clear();
  EXPECT_THAT(codes(find(options(), std::vector{task})), ElementsAre("order_missing"));
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(PostgrestTest, AnOrderWithoutRecipientsIsSkipped) {
  add_order("a", "", "");
  const auto found = find_orders(options(), {"a"});
  EXPECT_EQ(code(found[0]), "order_without_recipients");
  EXPECT_EQ(why(found[0]).kind, Kind::kSkip);
}

// ---- 200 []

TEST_F(PostgrestTest, WhatAServiceRoleDoesNotSeeIsNotThere) {
  const auto found = find_orders(options("service_role", true), {"a"});
  EXPECT_EQ(code(found[0]), "order_not_found");
  EXPECT_EQ(why(found[0]).kind, Kind::kSkip);
  EXPECT_THAT(asked_, SizeIs(1)) << "no second question is needed";
}

TEST_F(PostgrestTest, ATableThatShowsNoRowAtAllIsHidden) {
  add_order("a", "u-1", "m-1");
  hidden_ = true;
  const auto found = find_orders(options("service_role", false), {"a"});
  EXPECT_EQ(code(found[0]), "order_hidden_by_rls");
  EXPECT_EQ(why(found[0]).kind, Kind::kFail);
  EXPECT_THAT(why(found[0]).message,
              AllOf(HasSubstr("role service_role"), HasSubstr("apikey only"),
                    HasSubstr("NOTIFY_WORKER_SUPA_USE_BEARER=true"), HasSubstr("NOTIFY_WORKER_USE_RLS_SAFE_RPC=true")));
  ASSERT_THAT(asked_, SizeIs(2));
  EXPECT_EQ(asked_[1].target, "/rest/v1/ml_orders?select=id&limit=1");
}

TEST_F(PostgrestTest, AKeyThatCannotPassRowLevelSecurityIsSaidToBeSo) {
  hidden_ = true;
  EXPECT_THAT(why(find_orders(options("anon", true), {"a"})[0]).text(),
              AllOf(StartsWith("order_hidden_by_rls: "), HasSubstr("role anon"), HasSubstr("service_role key")));
  PostgrestOptions no_jwt = options("anon", true);
  no_jwt.key = "sb_publishable_abc";
  EXPECT_THAT(why(find_orders(no_jwt, {"a"})[0]).text(),
              AllOf(StartsWith("order_hidden_by_rls: "), HasSubstr("no JWT with a role")));
}

TEST_F(PostgrestTest, WhereOtherRowsAreSeenAMissingOneIsNotThere) {
  add_order("b", "u-2", "m-2");
  const auto found = find_orders(options("anon", false), {"a", "b"});
  EXPECT_EQ(code(found[0]), "order_not_found");
  EXPECT_THAT(why(found[0]).message, HasSubstr("row-level security")) << "it cannot be certain";
  EXPECT_EQ(found[1]->user_id, "u-2");
}

TEST_F(PostgrestTest, WhenTheSecondQuestionFailsTheMissingOnesWait) {
  add_order("b", "u-2", "m-2");
  answer_ = [this](const Asked& asked, http::Responder responder) {
    if (asked.target.contains("limit=1")) return responder.answer({.status = 503, .body = "{}"});
    responder.answer({.body = rows(asked)});
  };
  const auto found = find_orders(options("anon", false), {"a", "b"});
  EXPECT_EQ(code(found[0]), "postgrest_unavailable");
  EXPECT_EQ(why(found[0]).kind, Kind::kPutOff);
  EXPECT_EQ(found[1]->user_id, "u-2");
}

// ---- the function

TEST_F(PostgrestTest, TheFunctionIsAskedOncePerOrder) {
  add_order("a", "u-1", "m-1");
  add_order("b", "u-2", "m-2");
  const auto found = find_orders(rpc_options(), {"a", "b", "a", "c"});
  EXPECT_EQ(found[0]->user_id, "u-1");
  EXPECT_EQ(found[1]->user_id, "u-2");
  EXPECT_EQ(found[2]->user_id, "u-1");
  EXPECT_EQ(code(found[3]), "order_not_found");
  ASSERT_THAT(asked_, SizeIs(3));
  std::vector<std::string> bodies;
  for (const Asked& each : asked_) {
    EXPECT_EQ(each.method, "POST");
    EXPECT_EQ(each.target, "/rest/v1/rpc/notify_get_order_recipients");
    EXPECT_EQ(each.apikey, key("anon"));
    bodies.push_back(each.body);
  }
  EXPECT_THAT(bodies, testing::UnorderedElementsAre(R"({"p_order_id":"a","p_token":"the \"token\""})",
                                                    R"({"p_order_id":"b","p_token":"the \"token\""})",
                                                    R"({"p_order_id":"c","p_token":"the \"token\""})"));
}

TEST_F(PostgrestTest, AFunctionThatIsMissingIsAskedNoFurther) {
  answer_with(404, R"({"code":"PGRST202","details":null,"hint":null,"message":"Could not find the function"})");
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.push_back("order-" + std::to_string(i));
  EXPECT_THAT(codes(find_orders(rpc_options(), ids)), Each("rpc_missing"));
  EXPECT_THAT(asked_, SizeIs(Le(8U)));
}

TEST_F(PostgrestTest, WhatTheFunctionRaisesConcernsOneOrder) {
  add_order("b", "u-2", "m-2");
  answer_ = [this](const Asked& asked, http::Responder responder) {
    if (asked.body.contains("\"b\"")) return responder.answer({.body = rows(asked)});
    responder.answer({.status = 400, .body = R"({"code":"P0001","message":"no such order"})"});
  };
  const auto found = find_orders(rpc_options(), {"a", "b"});
  EXPECT_EQ(code(found[0]), "rpc_refused");
  EXPECT_EQ(found[1]->user_id, "u-2");
}

// ---- trouble

TEST_F(PostgrestTest, AFailureAnswersTheWholeBatch) {
  answer_with(503, R"({"code":"PGRST002","message":"Could not query the database for the schema cache. Retrying."})");
  const auto found = find_orders(options(), {"a", "b", "c"});
  EXPECT_THAT(codes(found),
              ElementsAre("schema_cache_unavailable", "schema_cache_unavailable", "schema_cache_unavailable"));
  EXPECT_EQ(why(found[0]).kind, Kind::kPutOff);
  EXPECT_THAT(asked_, SizeIs(1));
}

TEST_F(PostgrestTest, AnIdThatTheTableCannotHaveSpoilsOnlyItself) {
  std::vector<std::string> ids;
  for (int i = 0; i < 9; ++i) {
    ids.push_back("0198aabb-ccdd-7eef-8123-" + std::to_string(100'000'000'000 + i));
    add_order(ids.back(), "u" + std::to_string(i), "");
  }
  ids.insert(ids.begin() + 4, "not-a-uuid");
  answer_ = [this](const Asked& asked, http::Responder responder) {
    if (!asked.target.contains("not-a-uuid")) return responder.answer({.body = rows(asked)});
    responder.answer(
        {.status = 400, .body = R"({"code":"22P02","message":"invalid input syntax for type uuid: \"not-a-uuid\""})"});
  };
  const auto found = find_orders(options(), ids);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i == 4) {
      EXPECT_EQ(code(found[i]), "order_not_found");
      EXPECT_EQ(why(found[i]).kind, Kind::kSkip);
    } else {
      ASSERT_TRUE(found[i]) << why(found[i]).text();
      EXPECT_EQ(found[i]->user_id, "u" + std::to_string(i < 4 ? i : i - 1));
    }
  }
}

TEST_F(PostgrestTest, AServiceThatDoesNotAnswerPutsOff) {
  answer_ = [this](const Asked&, http::Responder responder) { hanging_.push_back(std::move(responder)); };
  PostgrestOptions all = options();
  all.timeout = Milliseconds{50};
  const auto found = find_orders(all, {"a"});
  EXPECT_EQ(code(found[0]), "postgrest_unavailable");
  EXPECT_EQ(why(found[0]).kind, Kind::kPutOff);
}

TEST_F(PostgrestTest, OneThatIsNotThereAtAllPutsOff) {
  PostgrestOptions all = options();
  server_.reset();
  io_.restart();
  io_.poll();
  EXPECT_EQ(code(find_orders(all, {"a"})[0]), "postgrest_unavailable");
}

TEST_F(PostgrestTest, APrivateAddressThatIsNotAllowedIsForAPersonToMend) {
  PostgrestOptions all = options();
  all.extra_networks = nullptr;
  const auto found = find_orders(all, {"a"});
  EXPECT_EQ(code(found[0]), "address_blocked");
  EXPECT_EQ(why(found[0]).kind, Kind::kFail);
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(PostgrestTest, RedirectsAreNotFollowed) {
  answer_ = [](const Asked&, http::Responder responder) {
    responder.answer({.status = 302, .extra_header_lines = "Location: /elsewhere\r\n"});
  };
  EXPECT_EQ(code(find_orders(options(), {"a"})[0]), "postgrest_answer_invalid");
  EXPECT_THAT(asked_, SizeIs(1));
}

TEST_F(PostgrestTest, AnAnswerThatDoesNotEndInTimeToBeReadIsNone) {
  answer_with(200, "[" + std::string(200'000, ' ') + "]");
  const auto found = find_orders(options(), {"a"});
  EXPECT_EQ(code(found[0]), "postgrest_answer_invalid");
  EXPECT_EQ(why(found[0]).kind, Kind::kPutOff);
}

TEST_F(PostgrestTest, NeitherKeyNorTokenStandsInAnyMessage) {
  PostgrestOptions all = rpc_options();
  all.rpc_token = "token-canary-123456";
  for (const int status : {400, 401, 403, 404, 500}) {
    answer_with(status,
                R"({"code":"P0001","message":")" + std::string(100, 'x') + all.key + " " + all.rpc_token + R"("})");
    const auto found = find_orders(all, {"a"});
    EXPECT_THAT(why(found[0]).text(),
                AllOf(Not(HasSubstr(all.key.substr(0, 20))), Not(HasSubstr(all.rpc_token.substr(0, 10)))));
  }
}

// ---- what cannot begin

TEST_F(PostgrestTest, OptionsThatCannotWorkAreRefused) {
  const auto refusal = [&](const PostgrestOptions& all) {
    const auto finder = make_postgrest_recipients(*client_, all);
    return finder ? std::string() : std::string(finder.error().code);
  };
  PostgrestOptions all = options();
  EXPECT_EQ(refusal(all), "");
  all.url = "ftp://supa.example";
  EXPECT_EQ(refusal(all), "url_invalid");
  all.url = "https://supa.example/?x=1";
  EXPECT_EQ(refusal(all), "url_invalid");
  all = options();
  all.key.clear();
  EXPECT_EQ(refusal(all), "supa_key_missing");
  all.key = "a\r\nX-Admin: 1";
  EXPECT_EQ(refusal(all), "supa_key_invalid");
  all = rpc_options();
  all.rpc_token.clear();
  EXPECT_EQ(refusal(all), "rpc_token_missing");
}

}  // namespace
}  // namespace yizhan::notify
