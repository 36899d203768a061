// Aggregates over numbers and bits: SUM, AVG, STD*, VAR*, BIT_*, MIN and MAX by MySQL's comparison,
// COUNT(DISTINCT a, b). Each also runs as a window: `remove` takes back the oldest value.
#include <array>
#include <cmath>
#include <deque>
#include <map>

#include "agent/functions/compare.h"
#include "agent/functions/groups.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

// Exact while all values are; a double once one is not. Sums of doubles carry the error of each addition
// along, so that what leaves a window leaves no trace.
class Total {
 public:
  void add(const Value& value, int sign) {
    count_ += sign;
    if (value.kind != Kind::kDouble) {
      Decimal exact = to_decimal(value, nullptr);
      exact_ = sign > 0 ? exact_.plus(exact) : exact_.minus(exact);
      return;
    }
    doubles_ += sign;
    double term = sign * value.real, sum = real_ + term;
    error_ += std::fabs(real_) >= std::fabs(term) ? (real_ - sum) + term : (term - sum) + real_;
    real_ = sum;
    if (doubles_ == 0) real_ = error_ = 0;
  }
  int64_t count() const { return count_; }
  bool exact() const { return doubles_ == 0; }
  const Decimal& decimal() const { return exact_; }
  double real() const { return real_ + error_ + exact_.to_double(); }

 private:
  int64_t count_ = 0, doubles_ = 0;
  Decimal exact_;
  double real_ = 0, error_ = 0;
};

// An argument whose type another one names (names::kTyped): in a window it comes without its tag.
Value tagged_value(const Call& call, int tag) {
  const Value value = call.value(0);
  return call.has(tag) ? retyped(value, kind_named(call.text(tag))) : value;
}

class Sum : public Aggregate {
 public:
  void add(const Call& call) override { change(call, 1); }
  void remove(const Call& call) override { change(call, -1); }
  void result(const Call& call) override {
    if (total_.count() == 0) return;
    if (!total_.exact()) return call.result(total_.real());
    if (!total_.decimal().fits()) return call.fail(1690, "DECIMAL value is out of range in 'sum'");
    call.result(Value::of_decimal(total_.decimal()));
  }

 protected:
  void change(const Call& call, int sign) {
    if (!call.null(0)) total_.add(to_number(tagged_value(call, 1), &call.session()), sign);
  }
  Total total_;
};

class Average : public Sum {
 public:
  void result(const Call& call) override {
    if (total_.count() == 0) return;
    if (!total_.exact()) return call.result(total_.real() / static_cast<double>(total_.count()));
    int scale =
        std::min(total_.decimal().scale() + call.session().div_precision_increment(), Decimal::kScaleMax);
    call.result(Value::of_decimal(total_.decimal().divided(Decimal::of(total_.count()), scale)));
  }
};

enum class Spread { kPopulationVariance, kSampleVariance, kPopulationDeviation, kSampleDeviation };

// Welford's recurrence, forwards and backwards.
template <Spread spread>
class Deviation : public Aggregate {
 public:
  void add(const Call& call) override {
    if (call.null(0)) return;
    double value = call.real(0), delta = value - mean_;
    mean_ += delta / static_cast<double>(++count_);
    squares_ += delta * (value - mean_);
  }
  void remove(const Call& call) override {
    if (call.null(0)) return;
    double value = call.real(0), delta = value - mean_;
    if (--count_ == 0) {
      mean_ = squares_ = 0;
      return;
    }
    mean_ -= delta / static_cast<double>(count_);
    squares_ -= delta * (value - mean_);
  }
  void result(const Call& call) override {
    constexpr bool sample = spread == Spread::kSampleVariance || spread == Spread::kSampleDeviation;
    constexpr bool root = spread == Spread::kPopulationDeviation || spread == Spread::kSampleDeviation;
    int64_t divisor = sample ? count_ - 1 : count_;
    if (divisor <= 0) return;
    double variance = std::max(0.0, squares_) / static_cast<double>(divisor);
    call.result(root ? std::sqrt(variance) : variance);
  }

 private:
  int64_t count_ = 0;
  double mean_ = 0, squares_ = 0;
};

enum class Bits { kAnd, kOr, kXor };

// Counts how many values have each bit, so that values can be taken back.
template <Bits operation>
class BitAggregate : public Aggregate {
 public:
  void add(const Call& call) override { change(call, 1); }
  void remove(const Call& call) override { change(call, -1); }
  void result(const Call& call) override {
    uint64_t bits = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      bool set = operation == Bits::kAnd  ? counts_[i] == rows_
                 : operation == Bits::kOr ? counts_[i] > 0
                                          : counts_[i] % 2 != 0;
      if (set) bits |= uint64_t{1} << i;
    }
    call.result(Value::of_unsigned(bits));
  }

 private:
  void change(const Call& call, int sign) {
    if (call.null(0)) return;
    uint64_t bits = static_cast<uint64_t>(call.integer(0));
    rows_ += sign;
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += (bits >> i & 1) != 0 ? sign : 0;
  }
  std::array<int64_t, 64> counts_{};
  int64_t rows_ = 0;
};

// The values of the window that can still become the extreme one, best first.
template <int direction>
class Extreme : public Aggregate {
 public:
  void add(const Call& call) override {
    ++added_;
    if (call.null(0)) return;
    const Collation* collation = find_collation(call.collation(1));
    if (collation == nullptr) return call.fail(1273, "Unknown collation: '" + call.collation(1) + "'");
    Value value = tagged_value(call, 2);
    while (!candidates_.empty() &&
           compare_values(value, candidates_.back().value, *collation, call.session()) * direction > 0) {
      candidates_.pop_back();
    }
    candidates_.push_back({added_, std::move(value)});
  }
  void remove(const Call&) override {
    ++removed_;
    if (!candidates_.empty() && candidates_.front().number <= removed_) candidates_.pop_front();
  }
  void result(const Call& call) override {
    if (!candidates_.empty()) call.result(candidates_.front().value);
  }

 private:
  struct Candidate {
    int64_t number;
    Value value;
  };
  std::deque<Candidate> candidates_;
  int64_t added_ = 0, removed_ = 0;
};

// The first argument is a collation; rows with a NULL do not count.
class CountDistinct : public Aggregate {
 public:
  void add(const Call& call) override {
    if (auto key = key_of(call); !key.empty()) ++rows_[key];
  }
  void remove(const Call& call) override {
    auto found = rows_.find(key_of(call));
    if (found != rows_.end() && --found->second == 0) rows_.erase(found);
  }
  void result(const Call& call) override { call.result(static_cast<int64_t>(rows_.size())); }

 private:
  static std::string key_of(const Call& call) {
    std::string key;
    for (int i = 1; i < call.count(); ++i) {
      if (call.null(i)) return {};
      Value value = call.value(i);
      std::string part;
      if (value.kind == Kind::kText) {
        const Collation* collation = find_collation(call.collation(0));
        part = collation == nullptr ? value.text : collation->sort_key(value.text);
      } else {
        part = value.text.empty() ? to_decimal(value, nullptr).sort_key() : value.text;
      }
      key += std::to_string(part.size()) + ":" + part;
    }
    return key;
  }
  std::map<std::string, int64_t> rows_;
};

class OneRow : public Aggregate {
 public:
  void add(const Call& call) override {
    if (rows_++ != 0) return call.fail(1242, "Subquery returns more than 1 row");
    value_ = call.value(0);
  }
  void remove(const Call&) override {}  // is no window's
  void result(const Call& call) override { call.result(value_); }

 private:
  Value value_;
  int64_t rows_ = 0;
};

constexpr const char* kAggregatesGroup = "Aggregates";

constexpr Function kAggregatesFunctions[] = {
    aggregate<Sum>("sum", 1, 2, kAggregatesGroup, "sum, exact for integers and DECIMAL"),
    aggregate<Average>("avg", 1, 2, kAggregatesGroup, "mean, with four more digits"),
    aggregate<Deviation<Spread::kPopulationDeviation>>("std", 1, 1, kAggregatesGroup,
                                                       "standard deviation of the population"),
    aggregate<Deviation<Spread::kPopulationDeviation>>("stddev", 1, 1, kAggregatesGroup,
                                                       "standard deviation of the population"),
    aggregate<Deviation<Spread::kPopulationDeviation>>("stddev_pop", 1, 1, kAggregatesGroup,
                                                       "standard deviation of the population"),
    aggregate<Deviation<Spread::kSampleDeviation>>("stddev_samp", 1, 1, kAggregatesGroup,
                                                   "standard deviation of a sample"),
    aggregate<Deviation<Spread::kPopulationVariance>>("variance", 1, 1, kAggregatesGroup,
                                                      "variance of the population"),
    aggregate<Deviation<Spread::kPopulationVariance>>("var_pop", 1, 1, kAggregatesGroup,
                                                      "variance of the population"),
    aggregate<Deviation<Spread::kSampleVariance>>("var_samp", 1, 1, kAggregatesGroup, "variance of a sample"),
    aggregate<BitAggregate<Bits::kAnd>>("bit_and", 1, 1, kAggregatesGroup,
                                        "bits that all have; all bits for no rows"),
    aggregate<BitAggregate<Bits::kOr>>("bit_or", 1, 1, kAggregatesGroup, "bits that any has"),
    aggregate<BitAggregate<Bits::kXor>>("bit_xor", 1, 1, kAggregatesGroup, "bits that an odd number has"),
    aggregate<Extreme<-1>>(names::kMin, 1, 3, kAggregatesGroup,
                           "MIN by MySQL's comparison; the second argument is a collation"),
    aggregate<Extreme<1>>(names::kMax, 1, 3, kAggregatesGroup, "MAX by MySQL's comparison"),
    aggregate<OneRow>(names::kOneRow, 1, 1, kAggregatesGroup,
                      "the value of a subquery; error 1242 for several rows"),
    aggregate<CountDistinct>(names::kCountDistinct, 2, kAnyCount, kAggregatesGroup,
                             "`COUNT(DISTINCT a, b)`; the first argument is a collation or NULL"),
};

}  // namespace

std::span<const Function> aggregate_functions() {
  return kAggregatesFunctions;
}

}  // namespace murmel::functions
