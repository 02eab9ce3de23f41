namespace AiBackend.Search.Tests.Answering;

/// <summary>What a small shop tells its customers.</summary>
internal static class ShopTexts
{
    public static IReadOnlyList<(string Title, string Text)> Documents { get; } =
    [
        ("Returns", """
            # Returns and refunds

            You can return any item within 30 days of delivery, as long as it is unused and in its original box.
            Print the return label from your account and drop the parcel at any post office.
            Your money is back on the card or account you paid with no later than 10 days after we receive the parcel.

            Sending goods back is free of charge in Austria and Germany. From all other countries you pay the postage yourself.
            Opened cosmetics, earphones and gift vouchers cannot be returned.
            """),
        ("Shipping", """
            # Shipping

            We deliver to all countries of the European Union, Switzerland and Norway.
            Standard delivery takes 3 to 5 working days and costs 5.90 euros; orders above 50 euros are shipped free of charge.
            With express delivery the parcel arrives the next morning, for 14.50 euros.

            As soon as the parcel leaves our warehouse you receive an e-mail with a link to follow it.
            If nobody is at home, the courier leaves the parcel with a neighbour or takes it to the nearest pick-up point.
            """),
        ("Payment", """
            # Payment

            You can pay by credit card, PayPal, bank transfer or on invoice.
            Invoices are due 14 days after the goods were sent.
            Your card is charged only when the parcel leaves our warehouse.
            All prices include value added tax.
            A discount code is entered in the last step of the checkout; only one code can be used for each order.
            """),
        ("Warranty", """
            # Warranty

            All devices have a warranty of two years, and rechargeable batteries one of six months.
            If something breaks in that time, we repair it at no cost or send you a new one.
            Damage from water or from a fall is not covered.
            For a repair, write to service@example.com with your order number and a photo of the defect.
            """),
        ("Sizes", """
            # Sizes

            Our shoes run small: please order one size larger than you usually wear.
            The size chart on each product page shows the measurements in centimetres.
            If a garment does not fit, we exchange it once for another size without charge.
            """),
        ("Account", """
            # Your account

            To reset your password, click "Forgot password?" on the login page and follow the link in the e-mail, which is valid for one hour.
            You can change your address and telephone number at any time under "My data".
            Orders can be cancelled within two hours, as long as they have not been packed.
            To delete your account, write to privacy@example.com; we erase your data within a week.
            Our customer service can be reached by phone from Monday to Friday between 9 am and 5 pm.
            """),
    ];
}
